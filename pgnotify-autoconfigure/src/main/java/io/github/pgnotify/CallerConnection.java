package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Runs work on the connection of the caller's transaction, or on one of its own.
 */
final class CallerConnection {

	private final DataSource dataSource;

	private final SQLExceptionTranslator translator = new SQLExceptionSubclassTranslator();

	CallerConnection(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	<T extends @Nullable Object> T execute(String task, Work<T> work) {
		return execute(task, work, (result, committed) -> {
		});
	}

	/**
	 * Runs work, gives the connection back, and says how it went.
	 */
	<T extends @Nullable Object> T execute(String task, Work<T> work, Outcome<T> outcome) {
		T result;
		boolean committed;
		Connection connection = DataSourceUtils.getConnection(this.dataSource);
		try {
			result = work.run(connection);
			committed = commitIfNobodyElseWill(connection);
		}
		catch (SQLException ex) {
			throw translate(task, ex);
		}
		finally {
			DataSourceUtils.releaseConnection(connection, this.dataSource);
		}
		outcome.accept(result, committed);
		return result;
	}

	/**
	 * A pool may hand out connections with autocommit off. Without a transaction nobody
	 * would commit, and what was sent would vanish without a word.
	 * @return whether the work is committed; otherwise it will be with the transaction of
	 * the caller
	 */
	private boolean commitIfNobodyElseWill(Connection connection) throws SQLException {
		if (connection.getAutoCommit()) {
			return true;
		}
		if (DataSourceUtils.isConnectionTransactional(connection, this.dataSource) && !isScopeWithoutTransaction()) {
			return false;
		}
		connection.commit();
		return true;
	}

	/**
	 * Such as that of {@code PROPAGATION_SUPPORTS}: it keeps a connection, and commits
	 * nothing.
	 */
	private static boolean isScopeWithoutTransaction() {
		return TransactionSynchronizationManager.isSynchronizationActive()
				&& !TransactionSynchronizationManager.isActualTransactionActive();
	}

	private DataAccessException translate(String task, SQLException ex) {
		DataAccessException translated = this.translator.translate(task, null, ex);
		return (translated != null) ? translated : new UncategorizedSQLException(task, null, ex);
	}

	/**
	 * Work on a connection.
	 *
	 * @param <T> what it returns
	 */
	@FunctionalInterface
	interface Work<T extends @Nullable Object> {

		T run(Connection connection) throws SQLException;

	}

	/**
	 * What comes of work that succeeded.
	 *
	 * @param <T> what it returns
	 */
	@FunctionalInterface
	interface Outcome<T extends @Nullable Object> {

		void accept(T result, boolean committed);

	}

}
