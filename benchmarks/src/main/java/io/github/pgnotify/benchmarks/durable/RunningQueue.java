package io.github.pgnotify.benchmarks.durable;

import java.sql.SQLException;
import java.util.List;

import io.github.pgnotify.benchmarks.Payloads;

/**
 * A queue with nothing in it, until it is closed.
 */
interface RunningQueue extends AutoCloseable {

	/**
	 * Stores messages in any way, while nothing is handled yet.
	 * @param count how many, see {@link Payloads}
	 */
	void fill(int count) throws Exception;

	/**
	 * Begins to handle messages.
	 */
	void begin() throws Exception;

	/**
	 * Returns what a thread sends with, one for each.
	 */
	Sender sender() throws Exception;

	@Override
	void close() throws SQLException;

	/**
	 * Sends.
	 */
	interface Sender extends AutoCloseable {

		/**
		 * Sends a message in a transaction of its own.
		 */
		void send(String payload) throws Exception;

		/**
		 * Sends messages in one transaction, in the fastest way there is.
		 */
		default void sendAll(List<String> payloads) throws Exception {
			throw new UnsupportedOperationException();
		}

		@Override
		default void close() throws SQLException {
		}

	}

}
