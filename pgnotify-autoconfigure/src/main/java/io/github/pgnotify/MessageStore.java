package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

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

}
