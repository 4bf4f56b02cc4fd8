package io.github.pgnotify.lifecycle;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt: a bound that doubles with every failure, of
 * which the second half is left to chance, so that many clients of a database that comes
 * back do not all come at once, and none comes more often than the bound allows.
 *
 * @param initial bound of the first wait
 * @param max bound that no wait exceeds
 */
public record Backoff(Duration initial, Duration max) {

	public Backoff {
		if (initial.isNegative() || initial.isZero() || initial.compareTo(max) > 0) {
			throw new IllegalArgumentException("Back-off must begin above zero and not above its maximum: initial "
					+ initial + ", maximum " + max);
		}
	}

	/**
	 * The next wait.
	 * @param failures failed attempts so far, at least 1
	 * @return a random time between the half and the whole of
	 * {@code min(max, initial * 2^(failures - 1))}
	 */
	public Duration delay(int failures) {
		long half = bound(failures).toNanos() / 2;
		return Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
	}

	Duration bound(int failures) {
		int doublings = Math.min(failures - 1, 30);
		Duration bound = this.initial.multipliedBy(1L << doublings);
		return (bound.compareTo(this.max) < 0) ? bound : this.max;
	}

}
