package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.Optional;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore.Moment;
import io.github.pgnotify.MessageStore.NewMessage;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The statements on single rows of the table {@code message}.
 */
final class MessageTable {

	// Compares numbers, since a statement does not see what it deletes itself. A
	// delivery that was
	// claimed meanwhile is still in the snapshot, so its message stays
	private static final String CANCEL = """
			WITH waiting AS MATERIALIZED (
				SELECT message_id, subscription_id
				FROM %1$s.delivery
				WHERE message_id = ? AND state <> 'leased'
				FOR UPDATE SKIP LOCKED
			), taken AS (
				DELETE FROM %1$s.delivery
				USING waiting
				WHERE delivery.message_id = waiting.message_id
					AND delivery.subscription_id = waiting.subscription_id
				RETURNING delivery.message_id
			), removed AS (
				DELETE FROM %1$s.message
				WHERE message.id = ?
					AND (SELECT count(*) FROM taken)
						= (SELECT count(*) FROM %1$s.delivery WHERE delivery.message_id = message.id)
					AND NOT EXISTS (SELECT FROM %1$s.dead_letter WHERE dead_letter.message_id = message.id)
					AND (EXISTS (SELECT FROM taken) OR NOT EXISTS (
						SELECT FROM %1$s.subscription
						WHERE subscription.channel = message.channel AND subscription.state <> 'removing'
					))
				RETURNING message.id
			)
			SELECT EXISTS (SELECT FROM taken) OR EXISTS (SELECT FROM removed)
			""";

	private final String insertPlain;

	private final String insert;

	private final String insertUnlessDuplicate;

	private final String cancel;

	private final String selectData;

	MessageTable(SchemaName schema) {
		this.insertPlain = """
				INSERT INTO %s.message (channel, data, announce)
				VALUES (?, ?::json, ?)
				RETURNING id, created_at
				""".formatted(schema.quoted());
		String values = """
				INSERT INTO %s.message (channel, data, announce, key, headers, priority, available_at, expires_at,
					deduplication_id)
				VALUES (?, ?::json, ?, ?, ?::json, ?,
					coalesce(?::timestamptz, clock_timestamp() + ?::bigint * interval '1 microsecond'),
					coalesce(?::timestamptz, clock_timestamp() + ?::bigint * interval '1 microsecond'),
					?)
				""".formatted(schema.quoted());
		this.insert = values + "RETURNING id, created_at";
		this.insertUnlessDuplicate = values + MessageBatches.UNLESS_DUPLICATE + "RETURNING id, created_at";
		this.cancel = CANCEL.formatted(schema.quoted());
		this.selectData = """
				SELECT data::text
				FROM %s.message
				WHERE id = ? AND channel = ?
				""".formatted(schema.quoted());
	}

	/**
	 * Inserts a message without regard to a deduplication id.
	 */
	StoredMessage insert(Connection connection, NewMessage message) throws SQLException {
		StoredMessage stored = message.isPlain() ? insertPlain(connection, message)
				: insert(connection, this.insert, message);
		if (stored == null) {
			throw new SQLException("Something in the database keeps rows from " + message.channel());
		}
		return stored;
	}

	/**
	 * Inserts a message with a deduplication id.
	 * @return {@code null} if there is one with that id
	 */
	@Nullable StoredMessage insertUnlessDuplicate(Connection connection, NewMessage message) throws SQLException {
		return insert(connection, this.insertUnlessDuplicate, message);
	}

	private @Nullable StoredMessage insertPlain(Connection connection, NewMessage message) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.insertPlain)) {
			statement.setString(1, message.channel().value());
			statement.setString(2, message.data());
			statement.setBoolean(3, message.announce());
			return stored(statement, message.channel());
		}
	}

	private static @Nullable StoredMessage insert(Connection connection, String sql, NewMessage message)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setString(1, message.channel().value());
			statement.setString(2, message.data());
			statement.setBoolean(3, message.announce());
			statement.setString(4, message.key());
			statement.setString(5, message.headers());
			statement.setShort(6, message.priority());
			bind(statement, 7, message.availableAt());
			bind(statement, 9, message.expiresAt());
			statement.setString(11, message.deduplicationId());
			return stored(statement, message.channel());
		}
	}

	private static void bind(PreparedStatement statement, int index, @Nullable Moment moment) throws SQLException {
		statement.setString(index, Moments.instant(moment));
		statement.setObject(index + 1, Moments.microseconds(moment), Types.BIGINT);
	}

	private static @Nullable StoredMessage stored(PreparedStatement statement, ChannelName channel)
			throws SQLException {
		try (ResultSet row = statement.executeQuery()) {
			return row.next() ? new StoredMessage(row.getLong(1), channel, row.getObject(2, OffsetDateTime.class))
					: null;
		}
	}

	boolean cancel(Connection connection, long id) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.cancel)) {
			statement.setLong(1, id);
			statement.setLong(2, id);
			try (ResultSet row = statement.executeQuery()) {
				return row.next() && row.getBoolean(1);
			}
		}
	}

	Optional<String> findData(JdbcClient jdbc, long id, ChannelName channel) {
		return jdbc.sql(this.selectData).param(id).param(channel.value()).query(String.class).optional();
	}

}
