package io.github.pgnotify;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Notifications may have been missed. A listener is told before the next notification it
 * receives, so that it can read anew what it keeps in memory.
 *
 * @param cause why
 * @param from until when nothing was missed, by the clock of this JVM
 * @param to from when on nothing is missed again
 * @param dropped how many were missed; {@code null} if nobody knows
 * @since 0.1.0
 */
public record PgGap(Cause cause, Instant from, Instant to, @Nullable Long dropped) {

	/**
	 * Why notifications were missed.
	 */
	public enum Cause {

		/** The connection broke; PostgreSQL keeps nothing for those who are away. */
		CONNECTION_LOST,

		/** Listening was stopped, and started again. */
		STOPPED,

		/** More arrived than the listener handles; what did not fit was dropped. */
		OVERFLOW,

		/** A payload sent by reference was no longer there. */
		PAYLOAD_GONE

	}

}
