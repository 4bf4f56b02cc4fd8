package io.github.pgnotify.gateway;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The stored messages that were sent last, so that many clients who come back after a
 * short while need not all ask the database. Used by one thread.
 */
final class RecentMessages {

	private final int capacity;

	private final Deque<Batch> batches = new ArrayDeque<>();

	/** Since when a channel has been read, if that is later than the oldest batch. */
	private final Map<String, Snapshot> since = new HashMap<>();

	private int bytes;

	RecentMessages(int capacity) {
		this.capacity = capacity;
	}

	void clear() {
		this.batches.clear();
		this.since.clear();
		this.bytes = 0;
	}

	/**
	 * A channel is read from here on.
	 */
	void begin(String channel, Snapshot from) {
		this.since.put(channel, from);
	}

	/**
	 * A channel is no longer read.
	 */
	void end(String channel) {
		this.since.remove(channel);
	}

	/**
	 * Keeps what was sent.
	 * @param from what was seen before
	 * @param messages all that was not
	 */
	void add(Snapshot from, List<StoredMessage> messages) {
		int size = messages.stream().mapToInt(StoredMessage::size).sum();
		this.batches.add(new Batch(from, messages, size));
		this.bytes += size;
		while (this.bytes > this.capacity && !this.batches.isEmpty()) {
			this.bytes -= this.batches.remove().size();
		}
	}

	/**
	 * Finds what a client has missed.
	 * @param channels of these channels
	 * @param seen what it has seen
	 * @param now what has been sent by now
	 * @return in order of transactions and ids; {@code null} if too little is kept
	 */
	@Nullable List<StoredMessage> missed(Set<String> channels, Position seen, Snapshot now) {
		Batch oldest = this.batches.peek();
		Snapshot from = (oldest != null) ? oldest.from() : now;
		for (String channel : channels) {
			Snapshot begun = this.since.get(channel);
			if (begun == null || !(seen.seen().covers(from) && seen.seen().covers(begun))) {
				return null;
			}
		}
		List<StoredMessage> missed = new ArrayList<>();
		for (Batch batch : this.batches) {
			for (StoredMessage message : batch.messages()) {
				StoredMessages.Row row = message.row();
				if (channels.contains(row.channel()) && !seen.contains(row.xid(), row.id())) {
					missed.add(message);
				}
			}
		}
		missed.sort(Comparator.comparingLong((StoredMessage message) -> message.row().xid())
			.thenComparingLong((message) -> message.row().id()));
		return missed;
	}

	private record Batch(Snapshot from, List<StoredMessage> messages, int size) {

	}

}
