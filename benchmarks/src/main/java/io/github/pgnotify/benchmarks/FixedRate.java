package io.github.pgnotify.benchmarks;

import java.util.concurrent.locks.LockSupport;

/**
 * Points in time at regular intervals, which do not wait for anybody who is late.
 */
public final class FixedRate {

	/** So much later than asked for a thread may wake up. */
	private static final long OVERSLEEP_NANOS = 150_000;

	private final long interval;

	private final long begin = System.nanoTime();

	/**
	 * Begins now.
	 */
	public FixedRate(int perSecond) {
		this.interval = 1_000_000_000L / perSecond;
	}

	/**
	 * Returns when number i is due.
	 */
	public long dueAt(int i) {
		return this.begin + (i + 1) * this.interval;
	}

	/**
	 * Waits until then, exactly.
	 */
	public void await(int i) {
		long due = dueAt(i);
		for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
			if (left > OVERSLEEP_NANOS) {
				LockSupport.parkNanos(left - OVERSLEEP_NANOS);
			}
			else {
				Thread.onSpinWait();
			}
		}
	}

}
