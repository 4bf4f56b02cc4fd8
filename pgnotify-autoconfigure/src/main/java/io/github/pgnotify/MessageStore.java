package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Where messages are stored, as the template and the listeners see it.
 *
 * @since 0.1.0
 */
public interface MessageStore {

	/**
	 * Stores messages, all or none, in the transaction of the given connection. Sends no
	 * notification unless a message is to be announced.
	 * @param connection the caller's connection; neither closed here nor, unless it
	 * commits by itself, committed
	 * @param messages what to store
	 * @return one for each message, in the same order; ids rise in that order, those of
	 * duplicates excepted
	 * @throws SQLException if the database refuses one of them
	 */
	List<StoredMessage> store(Connection connection, List<NewMessage> messages) throws SQLException;

	/**
	 * Takes a message back from every group that is not at work on it, in the transaction
	 * of the given connection.
	 * @param connection the caller's connection; neither committed nor closed here
	 * @param id number of the message
	 * @return whether anything was taken back
	 * @throws SQLException if the database refuses it
	 * @see PgNotifyOperations#cancel(long)
	 */
	boolean cancel(Connection connection, long id) throws SQLException;

	/**
	 * Tells that messages which were stored on these channels are committed, so that
	 * whoever consumes them need not wait until it looks for them by itself. A hint:
	 * called once too often or never, it loses nothing. Called by the sender's thread;
	 * returns at once, takes no connection and throws nothing.
	 * @param messages how many on each of the channels, duplicates not counted
	 */
	void stored(Map<ChannelName, Integer> messages);

	/**
	 * Reads the data of an announced message that was too long for its announcement.
	 * @param id number of the message
	 * @param channel the channel on which it was announced
	 * @return its JSON text; empty if there is no such message on that channel
	 */
	Optional<String> findData(long id, ChannelName channel);

	/**
	 * Keeps a live text that is too long for a notification, for a few minutes, in the
	 * transaction of the given connection.
	 * @param connection the caller's connection; neither committed nor closed here
	 * @param channel the channel it is sent to
	 * @param text the text
	 * @return where it is kept
	 * @throws SQLException if the database refuses it
	 */
	UUID keepPayload(Connection connection, ChannelName channel, String text) throws SQLException;

	/**
	 * Reads a text that was kept.
	 * @param ref where it is kept
	 * @param channel the channel on which the reference arrived
	 * @return the text; empty if there is none for that channel, or none any more
	 */
	Optional<String> findPayload(UUID ref, ChannelName channel);

	/**
	 * A message to be stored, converted and checked.
	 *
	 * @param channel the channel
	 * @param data JSON text; {@code null} for no data
	 * @param announce whether live listeners are to hear of it at commit
	 * @param key orders messages; {@code null} for no order
	 * @param headers a JSON object as text; {@code null} without
	 * @param priority higher ones first
	 * @param availableAt not to be handled before; {@code null} for at once
	 * @param expiresAt not to be handled from then on; {@code null} for never
	 * @param deduplicationId unique in its channel; {@code null} without
	 */
	record NewMessage(ChannelName channel, @Nullable String data, boolean announce, @Nullable String key,
			@Nullable String headers, short priority, @Nullable Moment availableAt, @Nullable Moment expiresAt,
			@Nullable String deduplicationId) {

		/**
		 * Creates a message with nothing but data.
		 * @param channel the channel
		 * @param data JSON text; {@code null} for no data
		 * @param announce whether live listeners are to hear of it at commit
		 */
		public NewMessage(ChannelName channel, @Nullable String data, boolean announce) {
			this(channel, data, announce, null, null, (short) 0, null, null, null);
		}

		/**
		 * Whether channel, data and announcement are all there is to store.
		 * @return {@code true} if the rest has its defaults
		 */
		public boolean isPlain() {
			return this.key == null && this.headers == null && this.priority == 0 && this.availableAt == null
					&& this.expiresAt == null && this.deduplicationId == null;
		}

		/**
		 * Says where to, never what: this text may end in a log.
		 */
		@Override
		public String toString() {
			return "message for channel '" + this.channel + "'";
		}

	}

	/**
	 * A moment, as such or as seen from the database's clock while it stores the message.
	 *
	 * @param at the moment; {@code null} if it is relative
	 * @param fromNow how long after the database's present; {@code null} if it is
	 * absolute
	 */
	record Moment(@Nullable Instant at, @Nullable Duration fromNow) {

		public Moment {
			if ((at == null) == (fromNow == null)) {
				throw new IllegalArgumentException("A moment is either absolute or relative");
			}
		}

	}

}
