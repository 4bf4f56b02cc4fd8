package io.github.pgnotify.queue;

import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A key of which a group can begin no message now, because one before holds it.
 *
 * @param key the key
 * @param messageId the message that holds it
 * @param state what that message waits for
 * @param createdAt when that message was stored
 * @param until when it may be handled if it is deferred, when its lease ends unless
 * renewed if it is leased, {@code null} if it is suspect
 * @param waiting how many messages wait behind it
 * @since 0.1.0
 */
public record BlockedKey(String key, long messageId, State state, OffsetDateTime createdAt,
		@Nullable OffsetDateTime until, long waiting) {

	/**
	 * What the message waits for.
	 */
	public enum State {

		/** For its time: it is delayed, or will be tried again. */
		DEFERRED,

		/** For nothing: it is being handled, or about to be. */
		LEASED,

		/** To be handled alone, because the process that had it died. */
		SUSPECT

	}

}
