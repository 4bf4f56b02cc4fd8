package io.github.pgnotify;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The statements that notify. Values are always bound.
 */
final class NotifySql {

	static final String SEND = "SELECT pg_notify(?, ?)";

	/** Counting keeps the answer to one row. */
	static final String SEND_ALL = "SELECT count(pg_notify(?, payload)) FROM unnest(?) AS payload";

	private NotifySql() {
	}

	static void send(Connection connection, ChannelName channel, String payload) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(SEND)) {
			statement.setString(1, channel.value());
			statement.setString(2, payload);
			statement.execute();
		}
	}

	static void sendAll(Connection connection, ChannelName channel, String[] payloads) throws SQLException {
		Array array = connection.createArrayOf("text", payloads);
		try (PreparedStatement statement = connection.prepareStatement(SEND_ALL)) {
			statement.setString(1, channel.value());
			statement.setArray(2, array);
			statement.execute();
		}
		finally {
			array.free();
		}
	}

}
