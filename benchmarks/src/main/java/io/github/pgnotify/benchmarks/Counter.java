package io.github.pgnotify.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A handler that does nothing but count.
 */
public final class Counter implements Consumer<String> {

	private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

	private final AtomicLong count = new AtomicLong();

	private volatile long firstAt;

	@Override
	public void accept(String payload) {
		if (this.count.getAndIncrement() == 0) {
			this.firstAt = System.nanoTime();
		}
	}

	/**
	 * How many messages there were.
	 */
	public long count() {
		return this.count.get();
	}

	/**
	 * When the first message came.
	 */
	public long firstAt() {
		return this.firstAt;
	}

	/**
	 * Waits for all messages.
	 * @return when the last one came, to a fraction of a millisecond
	 * @throws IllegalStateException if they do not come, or more than they
	 */
	public long awaitAll(long expected) {
		long now = awaitAtLeast(expected);
		if (this.count.get() > expected) {
			throw new IllegalStateException(
					"Duplicated: " + (this.count.get() - expected) + " more than " + expected + " were handled");
		}
		return now;
	}

	/**
	 * Waits for so many messages.
	 * @return when they had come, to a fraction of a millisecond
	 * @throws IllegalStateException if no more come, and they are not enough
	 */
	public long awaitAtLeast(long expected) {
		long seen = -1;
		long deadline = 0;
		for (long handled = this.count.get(); handled < expected; handled = this.count.get()) {
			if (handled > seen) {
				seen = handled;
				deadline = System.nanoTime() + PATIENCE_NANOS;
			}
			else if (System.nanoTime() - deadline > 0) {
				throw new IllegalStateException(
						"Lost: " + (expected - handled) + " of " + expected + " messages were not handled");
			}
			LockSupport.parkNanos(200_000);
		}
		return System.nanoTime();
	}

}
