package io.github.pgnotify.gateway;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Which stored messages have been sent: all that a snapshot sees, and of those that a
 * later one sees the first ones, in order of their transactions and ids. That is exact
 * whatever the order in which transactions commit, so whoever goes on from here gets
 * everything else and nothing twice.
 *
 * @param seen sees what has been sent
 * @param time when it was taken, on the database's clock
 * @param page sees what is being sent; {@code null} if that is all
 * @param xid transaction of the last one that has been sent of the page
 * @param id id of the last one that has been sent of the page
 */
record Position(Snapshot seen, Instant time, @Nullable Snapshot page, long xid, long id) {

	private static final String EPOCH_END = ".";

	private static final int RADIX = 36;

	/** As much as fits into a header that every server takes. */
	private static final int MAX_LENGTH = 6000;

	static Position of(Snapshot seen, Instant time) {
		return new Position(seen, time, null, 0, 0);
	}

	/**
	 * This, and those of a page up to one.
	 */
	Position upTo(Snapshot pageSeen, long pageXid, long pageId) {
		return new Position(this.seen, this.time, pageSeen, pageXid, pageId);
	}

	/**
	 * Whether a message has been sent.
	 */
	boolean contains(long messageXid, long messageId) {
		return this.seen.sees(messageXid) || (this.page != null && this.page.sees(messageXid)
				&& (messageXid < this.xid || (messageXid == this.xid && messageId <= this.id)));
	}

	/**
	 * Writes it for a client.
	 * @param epoch which database, and which of its lives
	 */
	String toCursor(String epoch) {
		StringBuilder text = new StringBuilder(epoch).append(EPOCH_END)
			.append(Long.toString(this.time.getEpochSecond(), RADIX))
			.append('.')
			.append(this.seen.toCursor());
		if (this.page != null) {
			text.append('.')
				.append(this.page.toCursor())
				.append('.')
				.append(Long.toString(this.xid, RADIX))
				.append('.')
				.append(Long.toString(this.id, RADIX));
		}
		return text.toString();
	}

	/**
	 * Reads what a client was given.
	 * @return {@code null} if it is of another epoch, or nothing of the kind
	 */
	static @Nullable Position ofCursor(String cursor, String epoch) {
		if (cursor.length() > MAX_LENGTH || !cursor.startsWith(epoch + EPOCH_END)) {
			return null;
		}
		String[] parts = cursor.split("\\.", -1);
		try {
			Instant time = Instant.ofEpochSecond(Long.parseLong(parts[1], RADIX));
			Position position = of(Snapshot.ofCursor(parts[2]), time);
			return (parts.length == 3) ? position : position.upTo(Snapshot.ofCursor(parts[3]),
					Long.parseLong(parts[4], RADIX), Long.parseLong(parts[5], RADIX));
		}
		catch (RuntimeException ex) {
			return null;
		}
	}

}
