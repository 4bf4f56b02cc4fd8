package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Opens the physical connections that pgnotify keeps for itself: the one that listens,
 * and the one that wakes it. A bean of this type replaces the one derived from the
 * DataSource.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PgListenerConnectionSource {

	/**
	 * Opens a new connection to the primary server, not through a transaction-mode
	 * pooler. Called for every connection attempt, so that changing credentials are read
	 * anew. The caller closes it and keeps it for as long as the application runs: it
	 * should not come from the application's pool.
	 * @return an open connection of the PostgreSQL driver, or one that unwraps to it
	 * @throws SQLException if the database cannot be reached; the attempt is repeated
	 * later
	 */
	Connection open() throws SQLException;

}
