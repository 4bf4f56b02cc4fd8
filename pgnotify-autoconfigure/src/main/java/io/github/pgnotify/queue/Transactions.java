package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * Transactions on connections of our own, which are in autocommit mode otherwise.
 */
final class Transactions {

	private Transactions() {
	}

	/**
	 * Runs work in a transaction.
	 */
	static <T extends @Nullable Object> T run(Connection connection, Work<T> work) throws SQLException {
		connection.setAutoCommit(false);
		try {
			T result = work.run();
			connection.commit();
			connection.setAutoCommit(true);
			return result;
		}
		catch (SQLException | RuntimeException ex) {
			rollback(connection, ex);
			throw ex;
		}
	}

	private static void rollback(Connection connection, Exception cause) {
		try {
			connection.rollback();
			connection.setAutoCommit(true);
		}
		catch (SQLException ex) {
			cause.addSuppressed(ex);
		}
	}

	/**
	 * Work in a transaction.
	 *
	 * @param <T> what it returns
	 */
	@FunctionalInterface
	interface Work<T extends @Nullable Object> {

		T run() throws SQLException;

	}

}
