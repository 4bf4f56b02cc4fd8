package io.github.pgnotify.benchmarks;

import java.time.Duration;

/**
 * How long a trial is to take, about.
 *
 * @param time how long
 */
public record Pace(Duration time) {

	/**
	 * Returns a multiple of this.
	 */
	public Pace times(double factor) {
		return new Pace(Duration.ofNanos((long) (this.time.toNanos() * factor)));
	}

	/**
	 * Returns how many of something take that long.
	 * @param perSecond how many take a second
	 */
	public int count(double perSecond) {
		return Math.max(1, (int) (perSecond * this.time.toNanos() / 1e9));
	}

}
