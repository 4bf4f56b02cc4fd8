package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Stores messages in the table {@code message} that {@link QueueSchema} created, and
 * reads them from it. Thread-safe; keeps nothing.
 *
 * @since 0.1.0
 */
public final class QueueStore implements MessageStore {

	private final JdbcClient jdbc;

	private final String insert;

	private final String selectData;

	/**
	 * Creates the store; touches no database.
	 * @param dataSource where to read messages
	 * @param schema name of the schema, case kept
	 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such schema
	 */
	public QueueStore(DataSource dataSource, String schema) {
		String quotedSchema = new SchemaName(schema).quoted();
		this.jdbc = JdbcClient.create(dataSource);
		this.insert = """
				INSERT INTO %s.message (channel, data, announce)
				VALUES (?, ?::json, ?)
				RETURNING id, created_at
				""".formatted(quotedSchema);
		this.selectData = """
				SELECT data::text
				FROM %s.message
				WHERE id = ? AND channel = ?
				""".formatted(quotedSchema);
	}

	@Override
	public StoredMessage store(Connection connection, ChannelName channel, @Nullable String data, boolean announce)
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

	@Override
	public Optional<String> findData(long id, ChannelName channel) {
		return this.jdbc.sql(this.selectData).param(id).param(channel.value()).query(String.class).optional();
	}

}
