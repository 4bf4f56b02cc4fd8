package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

import io.github.pgnotify.ChannelName;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The statements on the table {@code live_payload}.
 */
final class LivePayloadTable {

	private final String insert;

	private final String select;

	private final String deleteExpired;

	LivePayloadTable(SchemaName schema) {
		this.insert = """
				INSERT INTO %s.live_payload (channel, payload)
				VALUES (?, ?)
				RETURNING id
				""".formatted(schema.quoted());
		this.select = """
				SELECT payload
				FROM %s.live_payload
				WHERE id = ? AND channel = ?
				""".formatted(schema.quoted());
		this.deleteExpired = """
				DELETE FROM %s.live_payload
				WHERE created_at < now() - interval '10 minutes'
				""".formatted(schema.quoted());
	}

	UUID insert(Connection connection, ChannelName channel, String payload) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.insert)) {
			statement.setString(1, channel.value());
			statement.setString(2, payload);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return row.getObject(1, UUID.class);
			}
		}
	}

	Optional<String> find(JdbcClient jdbc, UUID id, ChannelName channel) {
		return jdbc.sql(this.select).param(id).param(channel.value()).query(String.class).optional();
	}

	/**
	 * Deletes what was kept for long enough.
	 */
	void deleteExpired(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.deleteExpired)) {
			statement.execute();
		}
	}

}
