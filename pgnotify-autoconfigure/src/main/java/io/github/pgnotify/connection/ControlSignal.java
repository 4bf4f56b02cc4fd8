package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerConnectionSource;

/**
 * Wakes the reading thread, by a notification on its control channel over a connection of
 * its own: the caller may be inside a transaction, which would hold the notification
 * back.
 * <p>
 * A signal that cannot be sent is no loss: the reading thread looks up by itself when
 * nothing arrives for a while.
 */
final class ControlSignal {

	private static final Log logger = LogFactory.getLog(ControlSignal.class);

	/** Lets an administrator tell this session from the one that listens. */
	private static final String NAME_SESSION = """
			SELECT set_config('application_name', current_setting('application_name') || ' control', false)""";

	private final PgListenerConnectionSource source;

	private final ChannelName control;

	private final int answerTimeoutMillis;

	private final ThreadPoolExecutor executor;

	private final AtomicBoolean pending = new AtomicBoolean();

	private @Nullable Connection connection;

	ControlSignal(PgListenerConnectionSource source, ChannelName control, ListeningSettings settings) {
		this.source = source;
		this.control = control;
		this.answerTimeoutMillis = Math.toIntExact(settings.answerTimeout().toMillis());
		this.executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), (task) -> {
			Thread thread = new Thread(task, "pgnotify-control-" + settings.name());
			thread.setDaemon(true);
			return thread;
		});
		this.executor.allowCoreThreadTimeOut(true);
	}

	/**
	 * Wakes the reading thread soon. Does not wait, and is thread-safe.
	 */
	void send() {
		if (this.pending.compareAndSet(false, true)) {
			this.executor.execute(() -> {
				this.pending.set(false);
				if (!trySend()) {
					// A connection that has lain idle may be dead: once more on a fresh
					// one
					trySend();
				}
			});
		}
	}

	/**
	 * Closes the connection; the next signal opens another one.
	 */
	void close() {
		this.executor.execute(this::closeConnection);
	}

	private boolean trySend() {
		try {
			Connection current = this.connection;
			if (current == null) {
				current = open();
				this.connection = current;
			}
			try (PreparedStatement statement = current.prepareStatement("SELECT pg_notify(?, '')")) {
				statement.setString(1, this.control.value());
				statement.execute();
			}
			return true;
		}
		catch (SQLException ex) {
			logger.debug("Control signal could not be sent", ex);
			closeConnection();
			return false;
		}
	}

	private Connection open() throws SQLException {
		Connection fresh = this.source.open();
		fresh.setAutoCommit(true);
		fresh.setNetworkTimeout(Runnable::run, this.answerTimeoutMillis);
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
				logger.debug("Control connection could not be closed", ex);
			}
		}
	}

}
