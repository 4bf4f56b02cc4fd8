package io.github.pgnotify.gateway;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Which transactions were committed or aborted at a moment, as PostgreSQL's
 * {@code pg_snapshot} says it.
 *
 * @param xmin all transactions below had ended
 * @param xmax none from here on had begun
 * @param running those between that had not ended, sorted
 */
record Snapshot(long xmin, long xmax, long[] running) {

	private static final int RADIX = 36;

	/** More than any server has connections. */
	private static final int MOST_RUNNING = 10_000;

	/**
	 * Before everything.
	 */
	static final Snapshot NOTHING = new Snapshot(1, 1, new long[0]);

	/**
	 * Reads PostgreSQL's text.
	 */
	static Snapshot parse(String text) {
		String[] parts = text.split(":", -1);
		long[] running = parts[2].isEmpty() ? new long[0]
				: Arrays.stream(parts[2].split(",")).mapToLong(Long::parseLong).toArray();
		return new Snapshot(Long.parseLong(parts[0]), Long.parseLong(parts[1]), running);
	}

	/**
	 * Reads what {@link #toCursor()} has written.
	 * @throws IllegalArgumentException if it is nothing of the kind
	 */
	static Snapshot ofCursor(String text) {
		String[] parts = text.split("-", MOST_RUNNING + 2);
		long xmin = Long.parseLong(parts[0], RADIX);
		long xmax = xmin + Long.parseLong(parts[1], RADIX);
		long[] running = new long[parts.length - 2];
		long last = xmin - 1;
		for (int i = 0; i < running.length; i++) {
			running[i] = xmin + Long.parseLong(parts[i + 2], RADIX);
			if (running[i] <= last || running[i] >= xmax) {
				throw new IllegalArgumentException("Not a snapshot");
			}
			last = running[i];
		}
		if (xmin < 1 || xmax < xmin) {
			throw new IllegalArgumentException("Not a snapshot");
		}
		return new Snapshot(xmin, xmax, running);
	}

	/**
	 * Writes it as briefly as it can be written with letters, digits and hyphens.
	 */
	String toCursor() {
		return LongStream.concat(LongStream.of(this.xmax), Arrays.stream(this.running))
			.mapToObj((xid) -> Long.toString(xid - this.xmin, RADIX))
			.collect(Collectors.joining("-", Long.toString(this.xmin, RADIX) + "-", ""));
	}

	/**
	 * Writes PostgreSQL's text.
	 */
	String toSql() {
		return this.xmin + ":" + this.xmax + ":"
				+ Arrays.stream(this.running).mapToObj(Long::toString).collect(Collectors.joining(","));
	}

	/**
	 * Whether a transaction had ended.
	 */
	boolean sees(long xid) {
		return xid < this.xmin || (xid < this.xmax && Arrays.binarySearch(this.running, xid) < 0);
	}

	/**
	 * Whether this sees all that the other sees.
	 */
	boolean covers(Snapshot other) {
		return this.xmax >= other.xmax
				&& Arrays.stream(this.running).noneMatch((xid) -> xid < other.xmax && other.sees(xid));
	}

	/** The transactions that it does not see though later ones it does. */
	String[] runningTexts() {
		return Arrays.stream(this.running).mapToObj(Long::toString).toArray(String[]::new);
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof Snapshot that && this.xmin == that.xmin && this.xmax == that.xmax
				&& Arrays.equals(this.running, that.running);
	}

	@Override
	public int hashCode() {
		return Long.hashCode(this.xmin) * 31 + Long.hashCode(this.xmax);
	}

	@Override
	public String toString() {
		return toSql();
	}

}
