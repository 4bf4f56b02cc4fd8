package io.github.pgnotify;

import java.util.Map;

import io.github.pgnotify.MessageStore.Moment;
import org.jspecify.annotations.Nullable;

/**
 * How a message is to be stored. What is not {@code null} is valid.
 *
 * @param announce {@code null} as configured
 * @param headers unmodifiable
 */
record MessageOptions(@Nullable Boolean announce, @Nullable String key, Map<String, Object> headers, short priority,
		@Nullable Moment availableAt, @Nullable Moment expiresAt, @Nullable String deduplicationId) {

	static final MessageOptions DEFAULT = new MessageOptions(null, null, Map.of(), (short) 0, null, null, null);

	MessageOptions withAnnounce(boolean announce) {
		return new MessageOptions(announce, this.key, this.headers, this.priority, this.availableAt, this.expiresAt,
				this.deduplicationId);
	}

	MessageOptions withKey(String key) {
		return new MessageOptions(this.announce, key, this.headers, this.priority, this.availableAt, this.expiresAt,
				this.deduplicationId);
	}

	MessageOptions withHeaders(Map<String, Object> headers) {
		return new MessageOptions(this.announce, this.key, headers, this.priority, this.availableAt, this.expiresAt,
				this.deduplicationId);
	}

	MessageOptions withPriority(short priority) {
		return new MessageOptions(this.announce, this.key, this.headers, priority, this.availableAt, this.expiresAt,
				this.deduplicationId);
	}

	MessageOptions withAvailableAt(Moment availableAt) {
		return new MessageOptions(this.announce, this.key, this.headers, this.priority, availableAt, this.expiresAt,
				this.deduplicationId);
	}

	MessageOptions withExpiresAt(Moment expiresAt) {
		return new MessageOptions(this.announce, this.key, this.headers, this.priority, this.availableAt, expiresAt,
				this.deduplicationId);
	}

	MessageOptions withDeduplicationId(String deduplicationId) {
		return new MessageOptions(this.announce, this.key, this.headers, this.priority, this.availableAt,
				this.expiresAt, deduplicationId);
	}

}
