package io.github.pgnotify.queue;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * A message that a group could not handle, and why.
 *
 * @param id number of the dead letter
 * @param messageId number of the message in {@code queue.message}
 * @param channel the message's channel
 * @param group the group
 * @param data the message's JSON text; {@code null} without
 * @param headers the message's headers; empty without
 * @param key the message's ordering key; {@code null} without
 * @param reason why it was given up
 * @param attempts how many attempts there were
 * @param errors what happened at each failed attempt, oldest first
 * @param createdAt when the message was stored
 * @param diedAt when it was given up
 * @since 0.1.0
 */
public record DeadLetter(long id, long messageId, ChannelName channel, String group, @Nullable String data,
		Map<String, Object> headers, @Nullable String key, Reason reason, int attempts, List<FailedAttempt> errors,
		OffsetDateTime createdAt, OffsetDateTime diedAt) {

	/**
	 * Says which and why, never what: this text may end in a log.
	 */
	@Override
	public String toString() {
		return "DeadLetter[id=" + this.id + ", messageId=" + this.messageId + ", channel=" + this.channel + ", group="
				+ this.group + ", reason=" + this.reason + ", attempts=" + this.attempts + "]";
	}

	/**
	 * Why a message was given up.
	 */
	public enum Reason {

		/** Every attempt failed. */
		FAILED,

		/** The payload is not what the listener takes. */
		UNDECODABLE,

		/** Its time was over before it was handled. */
		EXPIRED,

		/** The listener gave it up. */
		REJECTED;

		/** As it stands in the table. */
		String text() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

	/**
	 * What happened at an attempt.
	 *
	 * @param attempt number of the attempt
	 * @param at when, by the clock of the process that made it
	 * @param error what was thrown
	 */
	public record FailedAttempt(int attempt, String at, String error) {

	}

}
