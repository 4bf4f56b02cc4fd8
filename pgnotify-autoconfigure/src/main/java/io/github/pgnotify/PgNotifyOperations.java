package io.github.pgnotify;

import java.util.Collection;
import java.util.List;
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
 * {@link InvalidMessageException} while a message is made;
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
	 * Stores a message in {@code queue.message}. Every group that consumes the channel
	 * will get it if the transaction commits, and is told so right after the commit;
	 * unless the message is announced, nothing is notified inside the transaction.
	 * @param message the message, and how to store it
	 * @return the stored message, or the one it duplicates
	 */
	StoredMessage enqueue(OutgoingMessage message);

	/**
	 * Stores messages with one statement, in the order given.
	 * @param channel name of the channel
	 * @param payloads as for {@link #enqueue(String, Object)}; if one of them cannot be
	 * stored, none is
	 * @return the stored messages in the same order; their ids rise
	 */
	default List<StoredMessage> enqueueAll(String channel, Collection<?> payloads) {
		return enqueueAll(payloads.stream().map((payload) -> OutgoingMessage.of(channel, payload)).toList());
	}

	/**
	 * Stores messages with one statement, in the order given. They may be for different
	 * channels. Of several with the same channel and deduplication id the first is
	 * stored; where there are such ids, another statement looks for what the duplicates
	 * duplicate, and without a transaction of the caller both have one of their own.
	 * @param messages the messages, and how to store them; if one of them cannot be
	 * stored, none is
	 * @return for each message the stored one, or the one it duplicates, in the same
	 * order; the ids of those that were stored rise
	 */
	List<StoredMessage> enqueueAll(Collection<OutgoingMessage> messages);

	/**
	 * Takes a stored message back from every group that is not at work on it just now,
	 * whether it waits there for its first attempt, for its time or for another attempt.
	 * A group that is at work on it finishes, and a group that is done with it, or has
	 * dead-lettered it, stays so. Belongs to the transaction of the caller: until that
	 * commits nobody else begins with the message, and if it rolls back nothing has
	 * happened.
	 * <p>
	 * Once no group has the message any more, neither waiting, at work nor as a dead
	 * letter, the message itself is deleted: no later group will get it, and its
	 * {@linkplain OutgoingMessage#deduplicationId(String) deduplication id} is free. A
	 * message of a channel that no group consumes is deleted, too. One that all groups
	 * are done with is left alone.
	 * <p>
	 * Needs rights that storing does not: those of a consumer. A notification to live
	 * listeners cannot be taken back once its transaction has committed.
	 * @param id {@link StoredMessage#id()} of the message
	 * @return {@code true} if it was taken back from at least one group, or, where no
	 * group consumes its channel, deleted; {@code false} if there was nothing to take
	 * back
	 */
	boolean cancel(long id);

}
