package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotification;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * One physical connection that listens. Belongs to the reading thread; only
 * {@link #abort} may be called by another.
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

	/** What the server says to a character that its encoding does not have. */
	private static final String UNTRANSLATABLE_CHARACTER = "22P05";

	private final Connection connection;

	private final PGConnection driverConnection;

	private final ChannelName control;

	private final Incoming incoming;

	private final Map<String, ChannelName> listening = new HashMap<>();

	private final Map<ChannelName, InvalidChannelNameException> refusals = new HashMap<>();

	private boolean afterStatement;

	private volatile @Nullable String abortReason;

	private ListeningSession(Connection connection, Incoming incoming, ChannelName control) throws SQLException {
		this.connection = connection;
		this.incoming = incoming;
		this.driverConnection = connection.unwrap(PGConnection.class);
		this.control = control;
	}

	/**
	 * Opens a connection and makes it one that can listen.
	 */
	static ListeningSession open(PgListenerConnectionSource source, ChannelName control, Duration answerTimeout)
			throws SQLException {
		Incoming incoming = new Incoming();
		Connection connection = incoming.open(source);
		try {
			ListeningSession session = new ListeningSession(connection, incoming, control);
			// In a transaction nothing would ever arrive
			connection.setAutoCommit(true);
			// Ends a statement that is not answered; waiting for notifications sets its
			// own
			connection.setNetworkTimeout(Runnable::run, Math.toIntExact(answerTimeout.toMillis()));
			ServerRole.requirePrimary(connection);
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
	 * Whether the server process is another one than the driver was told of: there is a
	 * pooler in between.
	 */
	boolean isThroughPooler() throws SQLException {
		return queryForInt("SELECT pg_backend_pid()") != backendPid();
	}

	/**
	 * Listens on the control channel.
	 */
	void listenToControl() throws SQLException {
		execute("LISTEN " + this.control.quoted());
	}

	/**
	 * Leaves a session that belongs to others as it was found.
	 */
	void unlistenToControl() throws SQLException {
		execute("UNLISTEN " + this.control.quoted());
	}

	/**
	 * Begins to listen on exactly these channels.
	 */
	void begin(Set<ChannelName> wanted) throws SQLException {
		execute(SETTINGS);
		listen(wanted);
		Set<String> expected = new HashSet<>(this.listening.keySet());
		expected.add(this.control.value());
		expected.removeAll(registered());
		if (!expected.isEmpty()) {
			throw new SQLException("The server does not listen on " + expected + " although it was told to", "08000");
		}
	}

	/**
	 * Listens on exactly these channels, in one step; except on those that the encoding
	 * of the database cannot hold.
	 */
	void listen(Set<ChannelName> wanted) throws SQLException {
		try {
			listenToPossible(wanted);
		}
		catch (SQLException ex) {
			if (!UNTRANSLATABLE_CHARACTER.equals(ex.getSQLState())) {
				throw ex;
			}
			// Nothing has been done, and of all the names the server does not say which
			refuseImpossible(wanted);
			listenToPossible(wanted);
		}
	}

	private void listenToPossible(Set<ChannelName> wanted) throws SQLException {
		Set<ChannelName> possible = new HashSet<>(wanted);
		possible.removeAll(this.refusals.keySet());
		Stream<String> unlisten = this.listening.values()
			.stream()
			.filter((channel) -> !possible.contains(channel))
			.map((channel) -> "UNLISTEN " + channel.quoted());
		Stream<String> listen = possible.stream()
			.filter((channel) -> !this.listening.containsKey(channel.value()))
			.map((channel) -> "LISTEN " + channel.quoted());
		String statements = Stream.concat(unlisten, listen).collect(Collectors.joining(";"));
		if (!statements.isEmpty()) {
			execute(statements);
		}
		this.listening.clear();
		possible.forEach((channel) -> this.listening.put(channel.value(), channel));
	}

	private void refuseImpossible(Set<ChannelName> wanted) throws SQLException {
		for (ChannelName channel : wanted) {
			if (!this.listening.containsKey(channel.value()) && !channel.value().chars().allMatch((c) -> c < 0x80)) {
				try {
					// Whatever names it fails alike
					execute("SELECT 1 AS " + channel.quoted());
				}
				catch (SQLException ex) {
					if (!UNTRANSLATABLE_CHARACTER.equals(ex.getSQLState())) {
						throw ex;
					}
					this.refusals.put(channel, refusal(channel));
				}
			}
		}
	}

	private InvalidChannelNameException refusal(ChannelName channel) throws SQLException {
		return new InvalidChannelNameException("Channel '" + channel + "' cannot be listened on: database '"
				+ this.connection.getCatalog() + "' has encoding "
				+ this.driverConnection.getParameterStatus("server_encoding")
				+ ", in which its name cannot be written. Rename the channel, or use a database with encoding UTF8");
	}

	/**
	 * Channels that cannot be listened on although they are wanted, and why.
	 */
	Map<ChannelName, InvalidChannelNameException> refusals() {
		return Map.copyOf(this.refusals);
	}

	/**
	 * On how many channels it listens.
	 */
	int channels() {
		return this.listening.size();
	}

	Incoming incoming() {
		return this.incoming;
	}

	/**
	 * Hands on what has arrived, waiting for it if there is nothing.
	 * @param notifications where notifications go
	 * @param controls where payloads of the control channel go
	 * @return how many have arrived, those on the control channel included
	 */
	int read(Consumer<PgNotification> notifications, Consumer<String> controls, Duration patience) throws SQLException {
		if (this.afterStatement) {
			// What arrived with the answer to a statement is kept by the driver: ask for
			// it
			// without waiting
			this.afterStatement = false;
			int kept = deliver(this.driverConnection.getNotifications(), notifications, controls);
			if (kept > 0) {
				return kept;
			}
		}
		return deliver(this.driverConnection.getNotifications(Math.max(1, Math.toIntExact(patience.toMillis()))),
				notifications, controls);
	}

	/**
	 * Makes a round trip to the server, which tells how full its notification queue is.
	 * Asking for it is also what empties a queue that was full.
	 * @return from 0 to 1
	 */
	double queueUsage() throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet answer = statement.executeQuery("SELECT pg_notification_queue_usage()")) {
			this.afterStatement = true;
			answer.next();
			return answer.getDouble(1);
		}
	}

	/**
	 * Breaks the connection and thereby frees the reading thread, wherever it hangs.
	 */
	void abort(String reason) {
		this.abortReason = reason;
		try {
			this.connection.abort(Runnable::run);
		}
		catch (SQLException ex) {
			// The connection is of no use any more, which is what was asked for
		}
	}

	/**
	 * Why the connection was aborted; {@code null} if it was not.
	 */
	@Nullable String abortReason() {
		return this.abortReason;
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

	private int deliver(PGNotification @Nullable [] arrived, Consumer<PgNotification> notifications,
			Consumer<String> controls) {
		if (arrived == null) {
			return 0;
		}
		for (PGNotification notification : arrived) {
			ChannelName channel = this.listening.get(notification.getName());
			if (channel != null) {
				String payload = notification.getParameter();
				notifications
					.accept(new PgNotification(channel, payload.isEmpty() ? null : payload, notification.getPID()));
			}
			else if (notification.getName().equals(this.control.value())) {
				controls.accept(notification.getParameter());
			}
		}
		return arrived.length;
	}

	private Set<String> registered() throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet answer = statement.executeQuery("SELECT pg_listening_channels()")) {
			this.afterStatement = true;
			Set<String> channels = new HashSet<>();
			while (answer.next()) {
				channels.add(answer.getString(1));
			}
			return channels;
		}
	}

	private int queryForInt(String query) throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet answer = statement.executeQuery(query)) {
			answer.next();
			return answer.getInt(1);
		}
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
