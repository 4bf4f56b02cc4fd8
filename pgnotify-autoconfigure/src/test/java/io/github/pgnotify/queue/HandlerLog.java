package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

import javax.sql.DataSource;

import io.github.pgnotify.GroupConsumers.ReceivedMessage;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What handlers say of themselves, each line committed before they go on: it is there
 * whatever becomes of their process. The payload of a message is its number.
 */
final class HandlerLog implements AutoCloseable {

	private final Connection connection;

	private final String worker;

	/**
	 * Opens the log on a connection of its own.
	 * @param worker who writes
	 */
	HandlerLog(DataSource dataSource, String worker) throws SQLException {
		this.connection = dataSource.getConnection();
		this.worker = worker;
	}

	static void create(JdbcTemplate jdbc) {
		jdbc.execute("""
				CREATE TABLE handled (
					seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
					worker text NOT NULL,
					event text NOT NULL,
					number bigint NOT NULL,
					message_id bigint NOT NULL,
					token bigint NOT NULL,
					attempt int NOT NULL,
					at timestamptz NOT NULL DEFAULT clock_timestamp()
				);
				CREATE INDEX ON handled (message_id);
				CREATE INDEX ON handled (worker)""");
	}

	void started(ReceivedMessage message) throws SQLException {
		write("started", message);
	}

	void returned(ReceivedMessage message) throws SQLException {
		write("returned", message);
	}

	private synchronized void write(String event, ReceivedMessage message) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement(
				"INSERT INTO handled (worker, event, number, message_id, token, attempt) VALUES (?, ?, ?, ?, ?, ?)")) {
			statement.setString(1, this.worker);
			statement.setString(2, event);
			statement.setLong(3, number(message));
			statement.setLong(4, message.delivery().messageId());
			statement.setLong(5, message.delivery().token());
			statement.setInt(6, message.delivery().attempt());
			statement.executeUpdate();
		}
	}

	static long number(ReceivedMessage message) {
		return Long.parseLong(Objects.requireNonNull(message.data()));
	}

	/**
	 * The numbers of what handlers have returned from, each as often as that.
	 */
	static List<Long> returned(JdbcTemplate jdbc) {
		return jdbc.queryForList("SELECT number FROM handled WHERE event = 'returned'", Long.class);
	}

	/**
	 * The log in short, in its order: {@code worker event number}.
	 */
	static List<String> lines(JdbcTemplate jdbc) {
		return jdbc.queryForList("SELECT worker || ' ' || event || ' ' || number FROM handled ORDER BY seq",
				String.class);
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
