package io.github.pgnotify.benchmarks.durable;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A handler that does nothing but count.
 */
final class Counter implements Consumer<String> {

	private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

	private final AtomicLong count = new AtomicLong();

	private volatile long firstAt;

	@Override
	public void accept(String payload) {
		if (this.count.getAndIncrement() == 0) {
			this.firstAt = System.nanoTime();
		}
	}

	long count() {
		return this.count.get();
	}

	/**
	 * When the first message came.
	 */
	long firstAt() {
		return this.firstAt;
	}

	/**
	 * Waits for all messages.
	 * @return when the last one came, to a fraction of a millisecond
	 * @throws IllegalStateException if they do not come, or more than they
	 */
	long awaitAll(long expected) {
		long deadline = System.nanoTime() + PATIENCE_NANOS;
		while (this.count.get() < expected) {
			if (System.nanoTime() - deadline > 0) {
				throw new IllegalStateException(
						"Lost: " + (expected - this.count.get()) + " of " + expected + " messages were not handled");
			}
			LockSupport.parkNanos(200_000);
		}
		long now = System.nanoTime();
		if (this.count.get() > expected) {
			throw new IllegalStateException(
					"Duplicated: " + (this.count.get() - expected) + " more than " + expected + " were handled");
		}
		return now;
	}

}
