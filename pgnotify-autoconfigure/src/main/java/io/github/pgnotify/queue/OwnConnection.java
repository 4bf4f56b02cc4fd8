package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;

import io.github.pgnotify.PgListenerConnectionSource;

/**
 * Opens connections of the queue's own, whatever defaults role and database have.
 */
final class OwnConnection {

	private OwnConnection() {
	}

	/**
	 * Opens a connection that is given up when the server does not answer.
	 */
	static Connection open(PgListenerConnectionSource source) throws SQLException {
		Connection connection = source.open();
		try {
			connection.setAutoCommit(true);
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
			return connection;
		}
		catch (SQLException ex) {
			connection.close();
			throw ex;
		}
	}

	/**
	 * Opens a connection for work that may take long.
	 */
	static Connection openPatient(PgListenerConnectionSource source) throws SQLException {
		Connection connection = open(source);
		connection.setNetworkTimeout(Runnable::run, 0);
		return connection;
	}

	/**
	 * Whether an error means that the connection, or the server, is of no use any more;
	 * otherwise a statement was refused.
	 */
	static boolean isBroken(Connection connection, SQLException error) {
		String state = (error.getSQLState() != null) ? error.getSQLState() : "08000";
		try {
			return state.startsWith("08") || state.startsWith("57P") || connection.isClosed();
		}
		catch (SQLException ex) {
			return true;
		}
	}

}
