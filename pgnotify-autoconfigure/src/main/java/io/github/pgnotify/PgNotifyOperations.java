package io.github.pgnotify;

import java.util.Collection;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.core.MessageSendingOperations;

/**
 * Sends to channels of PostgreSQL: live with {@code send} and {@code convertAndSend},
 * durably with {@code enqueue}.
 * <p>
 * Everything joins the transaction of the caller, JDBC or JPA: it takes effect when that
 * commits and never if it rolls back. Without a transaction it takes effect at once.
 * <p>
 * <strong>Payloads:</strong> a {@code String} is sent as it is, a {@code byte[]} as the
 * UTF-8 text it must be, anything else as JSON. So other programs read what is sent here,
 * and send what is heard here. With headers, the payload travels in a JSON envelope that
 * listeners do not see.
 * <p>
 * A payload over PostgreSQL's limit of 7,999 bytes is kept in a table for some minutes
 * and sent by reference, which listeners do not see either. It needs the schema of the
 * stored messages and a transaction that may write.
 * <p>
 * <strong>Errors:</strong> {@link InvalidChannelNameException} and
 * {@link InvalidPayloadException} before anything is sent;
 * {@link PayloadTooLargeException} if a long payload cannot be sent by reference;
 * {@code MessageConversionException} if the payload cannot become JSON;
 * {@code DataAccessException} if the database refuses.
 *
 * @since 0.1.0
 */
public interface PgNotifyOperations extends MessageSendingOperations<String> {

	/**
	 * Sends a map as JSON. Without this method the compiler could not tell a channel and
	 * its payload from a payload and its headers.
	 * @param channel name of the channel
	 * @param payload what to send
	 */
	default void convertAndSend(String channel, Map<String, Object> payload) {
		convertAndSend(channel, (Object) payload);
	}

	/**
	 * Sends many payloads to one channel in one round trip and in their order.
	 * <p>
	 * As PostgreSQL has it, equal payloads in one transaction arrive once, unless
	 * {@link #distinct()}.
	 * @param channel name of the channel
	 * @param payloads what to send; if one of them cannot be sent, none is
	 * @throws PayloadTooLargeException if one is too long and cannot be sent by reference
	 */
	void convertAndSendAll(String channel, Collection<?> payloads);

	/**
	 * The same operations, but of equal payloads in one transaction each one arrives:
	 * live messages travel in an envelope with an id of their own, which listeners do not
	 * see.
	 * @return operations that share everything with these
	 */
	PgNotifyOperations distinct();

	/**
	 * Stores a message in {@code queue.message}, announced or not as configured by
	 * {@code pgnotify.queue.announce}.
	 * @param channel name of the channel
	 * @param payload anything JSON can be made of; a {@code String} is stored as a JSON
	 * string; {@code null} stores no data
	 * @return the stored message
	 */
	default StoredMessage enqueue(String channel, @Nullable Object payload) {
		return enqueue(OutgoingMessage.of(channel, payload));
	}

	/**
	 * Stores a message in {@code queue.message}.
	 * @param message the message, and how to store it
	 * @return the stored message
	 */
	StoredMessage enqueue(OutgoingMessage message);

}
