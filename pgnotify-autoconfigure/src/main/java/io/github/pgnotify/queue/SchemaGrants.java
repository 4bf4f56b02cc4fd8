package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.SqlIdentifier;

/**
 * What a role needs that stores, consumes and administers messages, but does not own the
 * tables.
 */
final class SchemaGrants {

	private static final String WORK = "SELECT, INSERT, UPDATE, DELETE";

	private static final String KEEP = "SELECT, INSERT, DELETE";

	private static final List<Grant> GRANTS = List.of(new Grant("TABLE", "message", KEEP),
			new Grant("TABLE", "live_payload", KEEP), new Grant("TABLE", "subscription", WORK),
			new Grant("TABLE", "subscription_change", "SELECT, UPDATE"), new Grant("TABLE", "delivery", WORK),
			new Grant("TABLE", "dead_letter", WORK), new Grant("TABLE", "instance", WORK),
			new Grant("FUNCTION", "acknowledge(integer, bigint[], bigint[])", "EXECUTE"));

	private static final String MAY_USE = "SELECT has_schema_privilege(?, ?, 'USAGE')";

	private static final String MAY_EXECUTE = "SELECT has_function_privilege(?, ?, ?)";

	private static final String MAY_TOUCH = """
			SELECT coalesce(bool_and(has_table_privilege(?, ?, privilege)), true)
			FROM unnest(string_to_array(?, ', ')) AS privilege
			""";

	private final SchemaName schema;

	private final String lock;

	SchemaGrants(SchemaName schema) {
		this.schema = schema;
		this.lock = schema.value() + ".grants";
	}

	/**
	 * What has to be run for a role to have what it needs.
	 */
	List<String> missing(Connection connection, String role) throws SQLException {
		List<String> missing = new ArrayList<>();
		String to = " TO " + SqlIdentifier.quote(role);
		if (!test(connection, MAY_USE, role, this.schema.value())) {
			missing.add("GRANT USAGE ON SCHEMA " + this.schema.quoted() + to);
		}
		for (Grant grant : GRANTS) {
			String name = this.schema.quoted() + "." + grant.name();
			if (!test(connection, grant.test(), role, name, grant.privileges())) {
				missing.add("GRANT " + grant.privileges() + " ON " + grant.kind() + " " + name + to);
			}
		}
		return missing;
	}

	/**
	 * Gives a role what it lacks. One process at a time, since PostgreSQL refuses to
	 * change the rights on a table twice at once.
	 */
	void give(Connection connection, String role) throws SQLException {
		Transactions.run(connection, () -> {
			test(connection, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0)) IS NULL", this.lock);
			try (Statement statement = connection.createStatement()) {
				for (String grant : missing(connection, role)) {
					statement.execute(grant);
				}
			}
			return true;
		});
	}

	private static boolean test(Connection connection, String sql, String... arguments) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			for (int i = 0; i < arguments.length; i++) {
				statement.setString(i + 1, arguments[i]);
			}
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return row.getBoolean(1);
			}
		}
	}

	/**
	 * What is needed of an object.
	 *
	 * @param kind the kind of object
	 * @param name its name in the schema
	 * @param privileges what is needed of it
	 */
	private record Grant(String kind, String name, String privileges) {

		String test() {
			return this.kind.equals("TABLE") ? MAY_TOUCH : MAY_EXECUTE;
		}

	}

}
