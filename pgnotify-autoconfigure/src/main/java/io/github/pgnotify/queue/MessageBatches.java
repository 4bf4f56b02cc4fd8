package io.github.pgnotify.queue;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import io.github.pgnotify.MessageStore.NewMessage;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

/**
 * The statements on many rows of the table {@code message}, each one round trip. Values
 * are bound as arrays, and rows are inserted and returned in the arrays' order.
 */
final class MessageBatches {

	/** The index's predicate, too, is needed to name it. */
	static final String UNLESS_DUPLICATE = """
			ON CONFLICT (channel, deduplication_id) WHERE deduplication_id IS NOT NULL DO NOTHING
			""";

	private static final String INSERT = """
			INSERT INTO %s.message (channel, data, announce, key, headers, priority, available_at, expires_at,
				deduplication_id)
			SELECT channel, data::json, announce, key, headers::json, priority,
				coalesce(available_at::timestamptz, clock_timestamp() + delay * interval '1 microsecond'),
				coalesce(expires_at::timestamptz, clock_timestamp() + expiry * interval '1 microsecond'),
				deduplication_id
			FROM unnest(?::text[], ?::text[], ?::boolean[], ?::text[], ?::text[], ?::smallint[],
					?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::text[])
				AS given (channel, data, announce, key, headers, priority,
					available_at, delay, expires_at, expiry, deduplication_id)
			""";

	/** LIMIT keeps the planner from reading the whole table. */
	private static final String SELECT_DUPLICATES = """
			SELECT given.position, stored.id, stored.created_at
			FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS given (channel, deduplication_id, position)
			CROSS JOIN LATERAL (
				SELECT id, created_at
				FROM %s.message
				WHERE message.channel = given.channel AND message.deduplication_id = given.deduplication_id
				LIMIT 1
			) AS stored
			""";

	private final String insertAlike;

	private final String insertPlain;

	private final String insert;

	private final String insertUnlessDuplicate;

	private final String selectDuplicates;

	MessageBatches(SchemaName schema) {
		this.insertAlike = """
				INSERT INTO %s.message (channel, data, announce)
				SELECT ?, data::json, ?
				FROM unnest(?::text[]) AS data
				RETURNING id, created_at
				""".formatted(schema.quoted());
		this.insertPlain = """
				INSERT INTO %s.message (channel, data, announce)
				SELECT channel, data::json, announce
				FROM unnest(?::text[], ?::text[], ?::boolean[]) AS given (channel, data, announce)
				RETURNING id, created_at
				""".formatted(schema.quoted());
		String rows = INSERT.formatted(schema.quoted());
		this.insert = rows + "RETURNING id, created_at";
		this.insertUnlessDuplicate = rows + UNLESS_DUPLICATE + "RETURNING id, created_at, channel, deduplication_id";
		this.selectDuplicates = SELECT_DUPLICATES.formatted(schema.quoted());
	}

	/**
	 * Inserts messages without regard to deduplication ids.
	 */
	List<StoredMessage> insert(Connection connection, List<NewMessage> messages) throws SQLException {
		if (!messages.stream().allMatch(NewMessage::isPlain)) {
			return insert(connection, this.insert, messages, (parameters) -> {
				parameters.bindPlain();
				parameters.bindOptions();
			});
		}
		return areAlike(messages) ? insert(connection, this.insertAlike, messages, Parameters::bindAlike)
				: insert(connection, this.insertPlain, messages, Parameters::bindPlain);
	}

	/**
	 * Whether messages differ in nothing but data, as they usually do.
	 */
	private static boolean areAlike(List<NewMessage> messages) {
		NewMessage first = messages.get(0);
		return messages.stream()
			.allMatch((message) -> message.announce() == first.announce() && message.channel().equals(first.channel()));
	}

	private static List<StoredMessage> insert(Connection connection, String sql, List<NewMessage> messages,
			Binding binding) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql);
				Parameters parameters = new Parameters(connection, statement, messages)) {
			binding.bind(parameters);
			try (ResultSet rows = statement.executeQuery()) {
				return stored(rows, messages);
			}
		}
	}

	private static List<StoredMessage> stored(ResultSet rows, List<NewMessage> messages) throws SQLException {
		List<StoredMessage> stored = new ArrayList<>(messages.size());
		OffsetDateTime createdAt = null;
		for (NewMessage message : messages) {
			if (!rows.next()) {
				throw new SQLException("Something in the database keeps rows from " + message.channel());
			}
			if (createdAt == null) {
				// The time of the transaction, the same for all
				createdAt = rows.getObject(2, OffsetDateTime.class);
			}
			stored.add(new StoredMessage(rows.getLong(1), message.channel(), createdAt));
		}
		return stored;
	}

	/**
	 * Inserts messages unless their deduplication ids are there.
	 * @return in the order of the messages, {@code null} for what is there
	 */
	List<@Nullable StoredMessage> insertUnlessDuplicate(Connection connection, List<NewMessage> messages)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.insertUnlessDuplicate);
				Parameters parameters = new Parameters(connection, statement, messages)) {
			parameters.bindPlain();
			parameters.bindOptions();
			try (ResultSet rows = statement.executeQuery()) {
				return storedOrNot(rows, messages);
			}
		}
	}

	/**
	 * The rows are some of the messages, in their order: each is the next message that it
	 * can be.
	 */
	private static List<@Nullable StoredMessage> storedOrNot(ResultSet rows, List<NewMessage> messages)
			throws SQLException {
		List<@Nullable StoredMessage> stored = new ArrayList<>(messages.size());
		boolean row = rows.next();
		for (NewMessage message : messages) {
			if (row && message.channel().value().equals(rows.getString(3))
					&& Objects.equals(message.deduplicationId(), rows.getString(4))) {
				stored.add(
						new StoredMessage(rows.getLong(1), message.channel(), rows.getObject(2, OffsetDateTime.class)));
				row = rows.next();
			}
			else {
				stored.add(null);
			}
		}
		return stored;
	}

	/**
	 * Finds what messages duplicate.
	 * @return in the order of the messages, {@code null} for what is not there any more
	 */
	List<@Nullable StoredMessage> findDuplicates(Connection connection, List<NewMessage> messages) throws SQLException {
		@Nullable StoredMessage[] found = new StoredMessage[messages.size()];
		try (PreparedStatement statement = connection.prepareStatement(this.selectDuplicates);
				Parameters parameters = new Parameters(connection, statement, messages)) {
			parameters.bindDeduplicationIds();
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					int position = rows.getInt(1) - 1;
					found[position] = new StoredMessage(rows.getLong(2), messages.get(position).channel(),
							rows.getObject(3, OffsetDateTime.class), true);
				}
			}
		}
		return Arrays.asList(found);
	}

	/**
	 * Which parameters a statement has.
	 */
	@FunctionalInterface
	private interface Binding {

		void bind(Parameters parameters) throws SQLException;

	}

	/**
	 * The parameters of one statement.
	 */
	private static final class Parameters implements AutoCloseable {

		private final Connection connection;

		private final PreparedStatement statement;

		private final List<NewMessage> messages;

		private final List<Array> arrays = new ArrayList<>();

		private int count;

		Parameters(Connection connection, PreparedStatement statement, List<NewMessage> messages) {
			this.connection = connection;
			this.statement = statement;
			this.messages = messages;
		}

		void bindAlike() throws SQLException {
			NewMessage first = this.messages.get(0);
			this.statement.setString(++this.count, first.channel().value());
			this.statement.setBoolean(++this.count, first.announce());
			bind("text", new String[0], NewMessage::data);
		}

		void bindPlain() throws SQLException {
			bind("text", new String[0], (message) -> message.channel().value());
			bind("text", new String[0], NewMessage::data);
			bind("boolean", new Boolean[0], NewMessage::announce);
		}

		void bindOptions() throws SQLException {
			bind("text", new String[0], NewMessage::key);
			bind("text", new String[0], NewMessage::headers);
			bind("smallint", new Short[0], NewMessage::priority);
			bind("text", new String[0], (message) -> Moments.instant(message.availableAt()));
			bind("bigint", new Long[0], (message) -> Moments.microseconds(message.availableAt()));
			bind("text", new String[0], (message) -> Moments.instant(message.expiresAt()));
			bind("bigint", new Long[0], (message) -> Moments.microseconds(message.expiresAt()));
			bind("text", new String[0], NewMessage::deduplicationId);
		}

		void bindDeduplicationIds() throws SQLException {
			bind("text", new String[0], (message) -> message.channel().value());
			bind("text", new String[0], NewMessage::deduplicationId);
		}

		private <T> void bind(String type, T[] empty, Function<NewMessage, @Nullable T> value) throws SQLException {
			Object[] values = this.messages.stream().map(value).toList().toArray(empty);
			Array array = this.connection.createArrayOf(type, values);
			this.arrays.add(array);
			this.statement.setArray(++this.count, array);
		}

		@Override
		public void close() throws SQLException {
			for (Array array : this.arrays) {
				array.free();
			}
		}

	}

}
