package io.github.pgnotify.queue;

import java.time.OffsetDateTime;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * A stored message as it was written.
 *
 * @param id its number in {@code queue.message}
 * @param channel its channel
 * @param data its JSON text; {@code null} without
 * @param headers its headers; empty without
 * @param key its ordering key; {@code null} without
 * @param createdAt when it was stored
 * @since 0.1.0
 */
public record FetchedMessage(long id, ChannelName channel, @Nullable String data, Map<String, Object> headers,
		@Nullable String key, OffsetDateTime createdAt) {

	/**
	 * Says which, never what: this text may end in a log.
	 */
	@Override
	public String toString() {
		return "FetchedMessage[id=" + this.id + ", channel=" + this.channel + ", createdAt=" + this.createdAt + "]";
	}

}
