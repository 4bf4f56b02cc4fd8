package io.github.pgnotify.sample.load;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A writer or a listener, and what it has done. It does one thing at a time.
 */
final class Worker {

	private final String name;

	private @Nullable Instant start;

	private @Nullable Instant end;

	private long startNanos;

	private long endNanos;

	private long busyNanos;

	private long processed;

	private long errors;

	Worker(String name) {
		this.name = name;
	}

	/**
	 * Does something, counts it and measures how long it takes.
	 * @param task what to do
	 */
	void work(Runnable task) {
		long begin = System.nanoTime();
		boolean done = false;
		try {
			task.run();
			done = true;
		}
		finally {
			worked(begin, System.nanoTime(), done);
		}
	}

	private synchronized void worked(long begin, long until, boolean done) {
		Instant now = Instant.now();
		if (this.start == null) {
			this.start = now.minusNanos(until - begin);
			this.startNanos = begin;
		}
		this.end = now;
		this.endNanos = until;
		this.busyNanos += until - begin;
		if (done) {
			this.processed++;
		}
		else {
			this.errors++;
		}
	}

	/**
	 * What it has done.
	 * @return figures; {@code null} if it has had nothing to do
	 */
	synchronized @Nullable Figures figures() {
		if (this.start == null || this.end == null) {
			return null;
		}
		Duration total = Duration.ofNanos(this.endNanos - this.startNanos);
		Duration busy = Duration.ofNanos(this.busyNanos);
		return new Figures(this.name, busy, total.minus(busy), this.processed, this.errors, this.start, this.end,
				total);
	}

	/**
	 * What a worker has done.
	 *
	 * @param worker its name
	 * @param busy how long it worked
	 * @param idle how long it waited for work
	 * @param processed how many rows it wrote or heard
	 * @param errors how many it failed at
	 * @param start when it began with its first row
	 * @param end when it was done with its last
	 * @param total from start to end
	 */
	record Figures(String worker, Duration busy, Duration idle, long processed, long errors, Instant start, Instant end,
			Duration total) {

	}

}
