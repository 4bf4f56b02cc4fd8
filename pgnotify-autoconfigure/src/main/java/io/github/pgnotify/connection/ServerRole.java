package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

/**
 * Whether a server can be listened on: a standby cannot, it refuses LISTEN and NOTIFY.
 *
 * @since 0.1.0
 */
public final class ServerRole {

	/** {@code read_only_sql_transaction}, what LISTEN itself raises on a standby. */
	static final String STANDBY_STATE = "25006";

	private ServerRole() {
	}

	/**
	 * Opens and closes a connection, to find out whether it leads to a primary.
	 * @param dataSource opens the connection
	 * @throws io.github.pgnotify.PgNotifyStartupException if the server cannot be
	 * reached, refuses, or is a standby
	 */
	public static void requirePrimary(DataSource dataSource) {
		try (Connection connection = dataSource.getConnection()) {
			requirePrimary(connection);
		}
		catch (SQLException ex) {
			throw ConnectFailure.describe(ex);
		}
	}

	static void requirePrimary(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet answer = statement.executeQuery("SELECT pg_is_in_recovery()")) {
			answer.next();
			if (answer.getBoolean(1)) {
				throw new SQLException("The server is a standby (in recovery)", STANDBY_STATE);
			}
		}
	}

}
