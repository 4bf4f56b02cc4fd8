package io.github.pgnotify.sample.orders;

import java.time.Instant;

import io.github.pgnotify.sample.Shown;
import org.jspecify.annotations.Nullable;

/**
 * A group's listener was called with a stored message.
 *
 * @param time when
 * @param channel the message's channel
 * @param group the group
 * @param messageId number of the message
 * @param attempt which attempt it was, 1 for the first
 * @param value what the listener was given
 * @param error why it failed; {@code null} if it did not
 */
record Attempt(Instant time, String channel, String group, long messageId, int attempt, String value,
		@Nullable String error) implements Shown {

	@Override
	public String event() {
		return "attempt";
	}

}
