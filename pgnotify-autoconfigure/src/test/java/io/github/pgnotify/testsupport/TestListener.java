package io.github.pgnotify.testsupport;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Listens with nothing but the driver, as another program would.
 */
public final class TestListener implements AutoCloseable {

	private static final String MARKER_CHANNEL = "test.marker";

	private static final int TIMEOUT_MILLIS = 10_000;

	private final DataSource dataSource;

	private final Connection connection;

	private int markers;

	/**
	 * Connects and listens.
	 * @param dataSource where
	 * @param channels what to listen to
	 */
	public TestListener(DataSource dataSource, String... channels) throws SQLException {
		this.dataSource = dataSource;
		this.connection = dataSource.getConnection();
		try (Statement statement = this.connection.createStatement()) {
			for (String channel : channels) {
				statement.execute("LISTEN \"" + channel.replace("\"", "\"\"") + '"');
			}
			statement.execute("LISTEN \"" + MARKER_CHANNEL + '"');
		}
	}

	/**
	 * Returns what was notified since the last call: all that was committed before this
	 * one, and certainly nothing else, since a marker sent now arrives last.
	 */
	public List<PGNotification> received() throws SQLException {
		String marker = "marker " + ++this.markers;
		sendMarker(marker);
		List<PGNotification> received = new ArrayList<>();
		while (true) {
			PGNotification[] notifications = this.connection.unwrap(PGConnection.class)
				.getNotifications(TIMEOUT_MILLIS);
			if (notifications.length == 0) {
				throw new AssertionError("No notification within " + TIMEOUT_MILLIS + " ms, not even '" + marker + "'");
			}
			for (PGNotification notification : notifications) {
				if (notification.getName().equals(MARKER_CHANNEL)) {
					return received;
				}
				received.add(notification);
			}
		}
	}

	/**
	 * Returns the payloads of {@link #received()}.
	 */
	public List<String> receivedPayloads() throws SQLException {
		return received().stream().map(PGNotification::getParameter).toList();
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

	private void sendMarker(String marker) throws SQLException {
		try (Connection sender = this.dataSource.getConnection();
				PreparedStatement statement = sender.prepareStatement("SELECT pg_notify(?, ?)")) {
			statement.setString(1, MARKER_CHANNEL);
			statement.setString(2, marker);
			statement.execute();
		}
	}

}
