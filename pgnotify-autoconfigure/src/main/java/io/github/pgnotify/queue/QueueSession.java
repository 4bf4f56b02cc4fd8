package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import io.github.pgnotify.PgListenerConnectionSource;

/**
 * The connection of the queue: a small one of its own, so that neither a busy pool nor a
 * caller's transaction holds it up. Belongs to the thread of the queue.
 */
final class QueueSession implements AutoCloseable {

	/**
	 * Plans are made once, perhaps while a table is empty, and must do when it is full.
	 */
	private static final String SETTINGS = """
			SET application_name = '%s';
			SET default_transaction_isolation = 'read committed';
			SET idle_session_timeout = 0;
			SET statement_timeout = 0;
			SET lock_timeout = '2s';
			SET jit = off;
			SET enable_seqscan = off;
			SET enable_bitmapscan = off;
			SET enable_hashjoin = off;
			SET enable_mergejoin = off;
			SET plan_cache_mode = force_generic_plan""";

	private final Connection connection;

	private final int backendPid;

	private int instance;

	private QueueSession(Connection connection, int backendPid) {
		this.connection = connection;
		this.backendPid = backendPid;
	}

	static QueueSession open(PgListenerConnectionSource source) throws SQLException {
		Connection connection = OwnConnection.open(source);
		try (Statement statement = connection.createStatement()) {
			String name = queryForString(statement, "SELECT current_setting('application_name')");
			statement.execute(SETTINGS.formatted((name + " queue").replace("'", "''")));
			return new QueueSession(connection, Integer.parseInt(queryForString(statement, "SELECT pg_backend_pid()")));
		}
		catch (SQLException | RuntimeException ex) {
			connection.close();
			throw ex;
		}
	}

	Connection connection() {
		return this.connection;
	}

	int backendPid() {
		return this.backendPid;
	}

	/**
	 * Whether it has the id of an instance yet.
	 */
	boolean isRegistered() {
		return this.instance != 0;
	}

	int instance() {
		return this.instance;
	}

	void registered(int id) {
		this.instance = id;
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

	private static String queryForString(Statement statement, String sql) throws SQLException {
		try (ResultSet row = statement.executeQuery(sql)) {
			row.next();
			return row.getString(1);
		}
	}

}
