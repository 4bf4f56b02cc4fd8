package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.NotificationSource.Sink;
import io.github.pgnotify.PgNotification;

/**
 * One physical connection that listens. Belongs to the reading thread; only
 * {@link #abort()} may be called by another.
 * <p>
 * Whoever wants the reading thread to look up from its wait notifies the control channel.
 */
final class ListeningSession implements AutoCloseable {

	/**
	 * What a role or database may have set and a listening session cannot live with. By
	 * SET, since poolers refuse start-up options.
	 */
	private static final String SETTINGS = """
			SET idle_session_timeout = 0;
			SET statement_timeout = 0;
			SET tcp_keepalives_idle = 10;
			SET tcp_keepalives_interval = 5;
			SET tcp_keepalives_count = 3""";

	private final Connection connection;

	private final PGConnection driverConnection;

	private final ChannelName control;

	private final Map<String, ChannelName> listening = new HashMap<>();

	private boolean afterStatement;

	private ListeningSession(Connection connection, ChannelName control) throws SQLException {
		this.connection = connection;
		this.driverConnection = connection.unwrap(PGConnection.class);
		this.control = control;
	}

	/**
	 * Makes a fresh connection one that listens, on the control channel to begin with.
	 */
	static ListeningSession on(Connection connection, ChannelName control, Duration answerTimeout) throws SQLException {
		try {
			ListeningSession session = new ListeningSession(connection, control);
			// In a transaction nothing would ever arrive
			connection.setAutoCommit(true);
			// Ends a statement that is not answered; waiting for notifications sets its
			// own
			connection.setNetworkTimeout(Runnable::run, Math.toIntExact(answerTimeout.toMillis()));
			ServerRole.requirePrimary(connection);
			session.execute(SETTINGS);
			session.execute("LISTEN " + control.quoted());
			return session;
		}
		catch (SQLException ex) {
			closeAfter(ex, connection);
			throw ex;
		}
	}

	int backendPid() {
		return this.driverConnection.getBackendPID();
	}

	/**
	 * Listens on exactly these channels, in one step.
	 */
	void listen(Set<ChannelName> wanted) throws SQLException {
		Stream<String> unlisten = this.listening.values()
			.stream()
			.filter((channel) -> !wanted.contains(channel))
			.map((channel) -> "UNLISTEN " + channel.quoted());
		Stream<String> listen = wanted.stream()
			.filter((channel) -> !this.listening.containsKey(channel.value()))
			.map((channel) -> "LISTEN " + channel.quoted());
		String statements = Stream.concat(unlisten, listen).collect(Collectors.joining(";"));
		if (!statements.isEmpty()) {
			execute(statements);
		}
		this.listening.clear();
		wanted.forEach((channel) -> this.listening.put(channel.value(), channel));
	}

	/**
	 * Hands on what has arrived, waiting for it if there is nothing.
	 * @return whether anything arrived, be it a word on the control channel
	 */
	boolean read(Sink sink, Duration patience) throws SQLException {
		if (this.afterStatement) {
			// What arrived with the answer to a statement is kept by the driver, and
			// waiting for more would not hand it out
			this.afterStatement = false;
			if (deliver(this.driverConnection.getNotifications(), sink)) {
				return true;
			}
		}
		return deliver(this.driverConnection.getNotifications(Math.toIntExact(patience.toMillis())), sink);
	}

	/**
	 * Finds out whether the server still answers.
	 */
	void roundTrip() throws SQLException {
		execute("SELECT 1");
	}

	/**
	 * Breaks the connection and thereby frees the reading thread, wherever it hangs.
	 */
	void abort() {
		try {
			this.connection.abort(Runnable::run);
		}
		catch (SQLException ex) {
			// The connection is of no use any more, which is what was asked for
		}
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

	private boolean deliver(PGNotification @Nullable [] notifications, Sink sink) {
		if (notifications == null || notifications.length == 0) {
			return false;
		}
		for (PGNotification notification : notifications) {
			ChannelName channel = this.listening.get(notification.getName());
			if (channel != null) {
				String payload = notification.getParameter();
				sink.accept(new PgNotification(channel, payload.isEmpty() ? null : payload, notification.getPID()));
			}
		}
		return true;
	}

	private void execute(String statements) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			this.afterStatement = true;
			statement.execute(statements);
		}
	}

	private static void closeAfter(SQLException reason, Connection connection) {
		try {
			connection.close();
		}
		catch (SQLException ex) {
			reason.addSuppressed(ex);
		}
	}

}
