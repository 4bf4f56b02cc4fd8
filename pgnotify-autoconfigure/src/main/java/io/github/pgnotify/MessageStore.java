package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;
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
	 * Stores a message in the transaction of the given connection.
	 * @param connection the caller's connection; neither committed nor closed here
	 * @param channel the channel
	 * @param data JSON text, or {@code null} for no data
	 * @param announce whether live listeners are to hear of it at commit
	 * @return the message
	 * @throws SQLException if the database refuses it
	 */
	StoredMessage store(Connection connection, ChannelName channel, @Nullable String data, boolean announce)
			throws SQLException;

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

}
