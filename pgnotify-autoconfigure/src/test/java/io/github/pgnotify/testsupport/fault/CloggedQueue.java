package io.github.pgnotify.testsupport.fault;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Fills a server's notification queue: a session listens and stays in a transaction, so
 * that it reads nothing and the queue cannot be shortened. It ends with {@link #close()}.
 */
public final class CloggedQueue implements AutoCloseable {

	private static final String SEND = """
			SELECT count(pg_notify('clogging', n || repeat('x', 7000))) FROM generate_series(1, 20) AS n""";

	private final Connection offender;

	/**
	 * Fills the queue until the server refuses to take more.
	 * @param server whose queue; small, with {@code max_notify_queue_pages}, which is
	 * there since PostgreSQL 17, or this takes gigabytes
	 */
	public CloggedQueue(ControllableServer server) throws SQLException {
		this.offender = server.dataSource("postgres").getConnection();
		try (Statement statement = this.offender.createStatement()) {
			statement.execute("LISTEN anything");
			this.offender.setAutoCommit(false);
			statement.execute("SELECT 1");
		}
		try (Connection sender = server.dataSource("postgres").getConnection();
				Statement statement = sender.createStatement()) {
			while (sends(statement)) {
				// not full yet
			}
		}
	}

	private static boolean sends(Statement statement) throws SQLException {
		try {
			statement.execute(SEND);
			return true;
		}
		catch (SQLException ex) {
			if (String.valueOf(ex.getMessage()).contains("too many notifications in the NOTIFY queue")) {
				return false;
			}
			throw ex;
		}
	}

	@Override
	public void close() throws SQLException {
		this.offender.close();
	}

}
