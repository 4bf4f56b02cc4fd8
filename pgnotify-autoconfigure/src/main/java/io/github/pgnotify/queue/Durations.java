package io.github.pgnotify.queue;

import java.time.Duration;

/**
 * How long anything about a delivery may last: so long that nobody wants more, and so
 * short that the database can add it to the time of day and this process can count it in
 * nanoseconds. Messages to be stored have the same limit.
 */
final class Durations {

	private static final Duration LONGEST = Duration.ofDays(36_500);

	private Durations() {
	}

	/**
	 * What a caller asks for must be possible.
	 * @throws IllegalArgumentException if it is not
	 */
	static Duration checked(Duration duration) {
		if (!bounded(duration).equals(duration)) {
			throw new IllegalArgumentException(
					"Duration must be from 0 to " + LONGEST.toDays() + " days, and is " + duration);
		}
		return duration;
	}

	/**
	 * What a policy comes up with, for a message that is to get somewhere in any case, is
	 * made possible.
	 */
	static Duration bounded(Duration duration) {
		if (duration.isNegative()) {
			return Duration.ZERO;
		}
		return (duration.compareTo(LONGEST) < 0) ? duration : LONGEST;
	}

}
