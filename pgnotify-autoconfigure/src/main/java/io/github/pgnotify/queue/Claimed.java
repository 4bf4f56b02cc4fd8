package io.github.pgnotify.queue;

import java.time.Duration;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A claimed delivery with its message.
 *
 * @param messageId id of the message
 * @param token the token of the claim
 * @param attempts how many attempts are counted
 * @param gone whether there is no such message any more
 * @param key its key
 * @param headers its headers, a JSON object
 * @param createdAt when it was stored
 * @param expiresIn when its time is over; {@code null} for never
 * @param large whether its data is too large to be fetched along
 * @param data its data, JSON text
 */
record Claimed(long messageId, long token, int attempts, boolean gone, @Nullable String key, @Nullable String headers,
		@Nullable OffsetDateTime createdAt, @Nullable Duration expiresIn, boolean large, @Nullable String data) {

}
