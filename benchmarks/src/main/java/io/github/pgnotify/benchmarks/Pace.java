package io.github.pgnotify.benchmarks;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a trial is to take, about.
 *
 * @param time how long
 */
public record Pace(Duration time) {

	private static final int BRIEF_MILLIS = 150;

	/**
	 * Returns a multiple of this.
	 */
	public Pace times(double factor) {
		return new Pace(Duration.ofNanos((long) (this.time.toNanos() * factor)));
	}

	/**
	 * Returns this, or something shorter if it is too long.
	 */
	public Pace atMost(Duration most) {
		return (this.time.compareTo(most) > 0) ? new Pace(most) : this;
	}

	/**
	 * Whether nothing can be measured in that time.
	 */
	public boolean isBrief() {
		return this.time.toMillis() < BRIEF_MILLIS;
	}

	/**
	 * Waits that long.
	 */
	public void sleep() {
		long end = System.nanoTime() + this.time.toNanos();
		for (long left = this.time.toNanos(); left > 0; left = end - System.nanoTime()) {
			LockSupport.parkNanos(left);
		}
	}

	/**
	 * Returns how many of something take that long.
	 * @param perSecond how many take a second
	 */
	public int count(double perSecond) {
		return Math.max(1, (int) (perSecond * this.time.toNanos() / 1e9));
	}

}
