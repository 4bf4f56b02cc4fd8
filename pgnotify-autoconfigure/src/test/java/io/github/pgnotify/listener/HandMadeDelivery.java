package io.github.pgnotify.listener;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;
import org.jspecify.annotations.Nullable;

/**
 * A delivery as a queue would make it, without a queue to end it at.
 */
record HandMadeDelivery(long messageId, ChannelName channel, String group, int attempt, long token,
		OffsetDateTime createdAt, @Nullable String key, Map<String, Object> headers) implements Delivery {

	static final OffsetDateTime CREATED_AT = OffsetDateTime.of(2026, 2, 3, 4, 5, 6, 7000, ZoneOffset.UTC);

	/**
	 * Makes the first attempt at a message on the channel {@code orders} for the group
	 * {@code billing}.
	 */
	static HandMadeDelivery of(long messageId) {
		return new HandMadeDelivery(messageId, ChannelName.of("orders"), "billing", 1, 1, CREATED_AT, null, Map.of());
	}

	HandMadeDelivery again(int attempt, long token) {
		return new HandMadeDelivery(this.messageId, this.channel, this.group, attempt, token, this.createdAt, this.key,
				this.headers);
	}

	HandMadeDelivery with(@Nullable String key, Map<String, Object> headers) {
		return new HandMadeDelivery(this.messageId, this.channel, this.group, this.attempt, this.token, this.createdAt,
				key, headers);
	}

	ReceivedMessage of(@Nullable String data) {
		return new ReceivedMessage(this, data);
	}

	@Override
	public void extend(Duration duration) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void negativeAcknowledge(Duration delay) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void deadLetter(String reason) {
		throw new UnsupportedOperationException();
	}

}
