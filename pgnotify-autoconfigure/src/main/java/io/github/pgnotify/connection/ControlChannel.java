package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The private channel on which the reading thread is spoken to while it waits, and the
 * connection over which that is done: one of its own, since the caller may be inside a
 * transaction, which would hold a notification back.
 * <p>
 * What cannot be sent is no loss: the reading thread looks up by itself when nothing
 * arrives for a while.
 */
final class ControlChannel {

	private static final Log logger = LogFactory.getLog(ControlChannel.class);

	/** Lets an administrator tell this session from the one that listens. */
	private static final String NAME_SESSION = """
			SELECT set_config('application_name', current_setting('application_name') || ' control', false)""";

	private static final String SEND = "SELECT pg_notify(?, ?)";

	private final ChannelName name = new ChannelName(
			ChannelName.RESERVED_PREFIX + "control." + UUID.randomUUID().toString().replace("-", ""));

	private final PgListenerConnectionSource source;

	private final int answerTimeoutMillis;

	private final Executor executor;

	private final AtomicBoolean wakePending = new AtomicBoolean();

	private @Nullable Connection connection;

	ControlChannel(PgListenerConnectionSource source, ListeningSettings settings) {
		this.source = source;
		this.answerTimeoutMillis = Math.toIntExact(settings.answerTimeout().toMillis());
		this.executor = DaemonThreads.one("pgnotify-control-" + settings.name());
	}

	ChannelName name() {
		return this.name;
	}

	/**
	 * Has the reading thread look up soon. Does not wait.
	 */
	void wake() {
		if (this.wakePending.compareAndSet(false, true)) {
			this.executor.execute(() -> {
				this.wakePending.set(false);
				sendNow("");
			});
		}
	}

	/**
	 * Sends something to the reading thread soon. Does not wait.
	 * @param payload what to send
	 * @param outcome told whether it was sent, when that is known
	 */
	void send(String payload, Consumer<Boolean> outcome) {
		this.executor.execute(() -> outcome.accept(sendNow(payload)));
	}

	/**
	 * Closes the connection; sending opens another one.
	 */
	void close() {
		this.executor.execute(this::closeConnection);
	}

	private boolean sendNow(String payload) {
		// A connection that has lain idle may be dead: once more on a fresh one
		return trySend(payload) || trySend(payload);
	}

	private boolean trySend(String payload) {
		try {
			Connection current = this.connection;
			if (current == null) {
				current = open();
			}
			try (PreparedStatement statement = current.prepareStatement(SEND)) {
				statement.setString(1, this.name.value());
				statement.setString(2, payload);
				statement.execute();
			}
			return true;
		}
		catch (SQLException ex) {
			logger.debug("Nothing could be sent on the control channel", ex);
			closeConnection();
			return false;
		}
	}

	private Connection open() throws SQLException {
		Connection fresh = this.source.open();
		fresh.setAutoCommit(true);
		fresh.setNetworkTimeout(Runnable::run, this.answerTimeoutMillis);
		this.connection = fresh;
		try (Statement statement = fresh.createStatement()) {
			statement.execute(NAME_SESSION);
		}
		return fresh;
	}

	private void closeConnection() {
		Connection current = this.connection;
		this.connection = null;
		if (current != null) {
			try {
				current.close();
			}
			catch (SQLException ex) {
				logger.debug("The control connection could not be closed", ex);
			}
		}
	}

}
