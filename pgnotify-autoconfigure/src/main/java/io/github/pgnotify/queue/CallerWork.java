package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Runs work in the caller's transaction, or in one of its own if there is none.
 */
final class CallerWork {

	private static final SQLExceptionTranslator TRANSLATOR = new SQLExceptionSubclassTranslator();

	private final DataSource dataSource;

	CallerWork(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	/**
	 * Whether the caller has a transaction.
	 */
	boolean isInTransaction() {
		return TransactionSynchronizationManager.isActualTransactionActive();
	}

	<T extends @Nullable Object> T execute(String task, Work<T> work) {
		Connection connection = DataSourceUtils.getConnection(this.dataSource);
		try {
			T result = work.run(connection);
			if (!connection.getAutoCommit() && !isCommittedByOthers(connection)) {
				connection.commit();
			}
			return result;
		}
		catch (SQLException ex) {
			throw translate(task, ex);
		}
		finally {
			DataSourceUtils.releaseConnection(connection, this.dataSource);
		}
	}

	/**
	 * Runs work that consists of several transactions, on a connection in autocommit
	 * mode.
	 */
	<T extends @Nullable Object> T executeAlone(String task, Work<T> work) {
		try (Connection connection = this.dataSource.getConnection()) {
			boolean autoCommit = connection.getAutoCommit();
			connection.setAutoCommit(true);
			try {
				return work.run(connection);
			}
			finally {
				connection.setAutoCommit(autoCommit);
			}
		}
		catch (SQLException ex) {
			throw translate(task, ex);
		}
	}

	/**
	 * Runs something as soon as the caller's transaction has committed, or at once.
	 */
	void afterCommit(Runnable action) {
		if (!TransactionSynchronizationManager.isSynchronizationActive() || !isInTransaction()) {
			action.run();
			return;
		}
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				action.run();
			}

		});
	}

	/**
	 * A scope such as that of {@code PROPAGATION_SUPPORTS} keeps a connection and commits
	 * nothing.
	 */
	private boolean isCommittedByOthers(Connection connection) {
		return isInTransaction() && DataSourceUtils.isConnectionTransactional(connection, this.dataSource);
	}

	private static DataAccessException translate(String task, SQLException ex) {
		DataAccessException translated = TRANSLATOR.translate(task, null, ex);
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

}
