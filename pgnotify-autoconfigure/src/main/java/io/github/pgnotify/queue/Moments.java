package io.github.pgnotify.queue;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

import io.github.pgnotify.MessageStore.Moment;
import org.jspecify.annotations.Nullable;

/**
 * How moments are bound. What is relative is added to the database's clock by the
 * database.
 */
final class Moments {

	private Moments() {
	}

	/**
	 * An absolute moment as text that any session reads alike.
	 */
	static @Nullable String instant(@Nullable Moment moment) {
		Instant at = (moment != null) ? moment.at() : null;
		return (at != null) ? at.truncatedTo(ChronoUnit.MICROS).toString() : null;
	}

	/**
	 * A relative moment in microseconds from now.
	 */
	static @Nullable Long microseconds(@Nullable Moment moment) {
		Duration fromNow = (moment != null) ? moment.fromNow() : null;
		return (fromNow != null) ? fromNow.dividedBy(ChronoUnit.MICROS.getDuration()) : null;
	}

}
