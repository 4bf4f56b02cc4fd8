package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The statements on the table {@code message}.
 */
final class MessageTable {

	private final String insert;

	private final String selectData;

	MessageTable(SchemaName schema) {
		this.insert = """
				INSERT INTO %s.message (channel, data, announce)
				VALUES (?, ?::json, ?)
				RETURNING id, created_at
				""".formatted(schema.quoted());
		this.selectData = """
				SELECT data::text
				FROM %s.message
				WHERE id = ? AND channel = ?
				""".formatted(schema.quoted());
	}

	StoredMessage insert(Connection connection, ChannelName channel, @Nullable String data, boolean announce)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.insert)) {
			statement.setString(1, channel.value());
			statement.setString(2, data);
			statement.setBoolean(3, announce);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return new StoredMessage(row.getLong(1), channel, row.getObject(2, OffsetDateTime.class));
			}
		}
	}

	Optional<String> findData(JdbcClient jdbc, long id, ChannelName channel) {
		return jdbc.sql(this.selectData).param(id).param(channel.value()).query(String.class).optional();
	}

}
