package io.github.pgnotify.benchmarks.live;

import java.io.IOException;
import java.sql.SQLException;

/**
 * Listens until it is closed.
 */
interface Listening extends AutoCloseable {

	/**
	 * Returns what a thread sends with to those who listen, one for each.
	 */
	Publisher publisher() throws SQLException;

	@Override
	void close() throws IOException, SQLException;

}
