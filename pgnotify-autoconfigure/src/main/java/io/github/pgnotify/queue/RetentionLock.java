package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The advisory lock that keeps messages from being deleted while a new group is given
 * them, and instances from deleting the same. Held until the transaction ends.
 */
final class RetentionLock {

	private final String name;

	RetentionLock(SchemaName schema) {
		this.name = schema.value() + ".retention";
	}

	/**
	 * Takes the lock as soon as it is free.
	 */
	void await(Connection connection) throws SQLException {
		take(connection, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0)) IS NOT NULL");
	}

	/**
	 * Takes the lock if it is free.
	 * @return whether it was
	 */
	boolean attempt(Connection connection) throws SQLException {
		return take(connection, "SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0))");
	}

	private boolean take(Connection connection, String sql) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setString(1, this.name);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return row.getBoolean(1);
			}
		}
	}

}
