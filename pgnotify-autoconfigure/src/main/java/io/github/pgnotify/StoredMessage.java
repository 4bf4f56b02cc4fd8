package io.github.pgnotify;

import java.time.OffsetDateTime;

/**
 * What is known of a message once it is stored. It exists for others when the transaction
 * that stored it commits.
 *
 * @param id its number in {@code queue.message}
 * @param channel its channel
 * @param createdAt the database's time of the transaction that stored it
 * @param duplicate {@code true} if nothing was stored, because the channel already keeps
 * a message with the same deduplication id: this one
 * @since 0.1.0
 * @see OutgoingMessage#deduplicationId(String)
 */
public record StoredMessage(long id, ChannelName channel, OffsetDateTime createdAt, boolean duplicate) {

	/**
	 * Creates what is known of a message that was stored just now.
	 * @param id its number in {@code queue.message}
	 * @param channel its channel
	 * @param createdAt the database's time of the transaction that stored it
	 */
	public StoredMessage(long id, ChannelName channel, OffsetDateTime createdAt) {
		this(id, channel, createdAt, false);
	}

}
