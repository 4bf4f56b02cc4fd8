package io.github.pgnotify;

import java.time.OffsetDateTime;

/**
 * What is known of a message once it is stored. It exists for others when the transaction
 * that stored it commits.
 *
 * @param id its number in {@code queue.message}
 * @param channel its channel
 * @param createdAt the database's time of the transaction that stored it
 * @since 0.1.0
 */
public record StoredMessage(long id, ChannelName channel, OffsetDateTime createdAt) {

}
