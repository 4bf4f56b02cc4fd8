package io.github.pgnotify.benchmarks.live;

import java.sql.SQLException;
import java.util.List;

/**
 * Sends notifications.
 */
interface Publisher extends AutoCloseable {

	/**
	 * Sends one in a transaction of its own.
	 */
	void publish(String payload) throws SQLException;

	/**
	 * Sends many in one transaction, in the fastest way there is.
	 */
	default void publishAll(List<String> payloads) throws SQLException {
		throw new UnsupportedOperationException();
	}

	@Override
	default void close() throws SQLException {
	}

}
