package io.github.pgnotify.sample;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Notifications may have been missed.
 *
 * @param cause why
 * @param from until when nothing was missed
 * @param to from when on nothing is missed again
 * @param dropped how many were missed; {@code null} if nobody knows
 * @param listener id of the listener that missed them; {@code null} for all listeners
 */
public record Gap(String cause, Instant from, Instant to, @Nullable Long dropped,
		@Nullable String listener) implements Shown {

	@Override
	public String event() {
		return "gap";
	}

}
