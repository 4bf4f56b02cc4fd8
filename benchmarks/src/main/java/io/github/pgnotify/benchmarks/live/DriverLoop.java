package io.github.pgnotify.benchmarks.live;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Threads;
import io.github.pgnotify.connection.PromptSocketFactory;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * The loop that everybody writes: a connection and a thread for each listener, and
 * {@code getNotifications}.
 *
 * @param name its name
 * @param prompt whether over the sockets from which pgnotify has the driver read
 */
record DriverLoop(String name, boolean prompt) implements LiveContender {

	static final String NAME = "bare driver";

	private static final int WAIT_MILLIS = 10_000;

	@Override
	public Listening open(LiveSetup setup) throws SQLException {
		Database database = this.prompt ? setup.database().with("socketFactory", PromptSocketFactory.class.getName())
				: setup.database();
		Loops loops = new Loops(setup.database());
		for (int i = 0; i < setup.listeners(); i++) {
			loops.add(database.connect(), setup.handler());
		}
		return loops;
	}

	/**
	 * Loops that run.
	 */
	private static final class Loops implements Listening {

		private final Database database;

		private final List<Connection> connections = new ArrayList<>();

		private final List<Thread> threads = new ArrayList<>();

		private volatile boolean stopped;

		private Loops(Database database) {
			this.database = database;
		}

		private void add(Connection connection, Consumer<String> handler) throws SQLException {
			this.connections.add(connection);
			try (Statement statement = connection.createStatement()) {
				statement.execute("LISTEN " + LiveSetup.CHANNEL);
			}
			Thread thread = new Thread(() -> run(connection, handler), "driver-loop");
			this.threads.add(thread);
			thread.start();
		}

		private void run(Connection connection, Consumer<String> handler) {
			try {
				PGConnection driver = connection.unwrap(PGConnection.class);
				while (!this.stopped) {
					for (PGNotification notification : driver.getNotifications(WAIT_MILLIS)) {
						handler.accept(notification.getParameter());
					}
				}
			}
			catch (SQLException ex) {
				if (!this.stopped) {
					throw new IllegalStateException(ex);
				}
			}
		}

		@Override
		public Publisher publisher() throws SQLException {
			return new BarePublisher(this.database);
		}

		@Override
		public void close() throws SQLException {
			this.stopped = true;
			for (Connection connection : this.connections) {
				connection.abort(Runnable::run);
			}
			Threads.join(this.threads);
		}

	}

}
