package io.github.pgnotify.queue;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What the database's catalogs say of the schema. Needs no rights on it.
 *
 * @param role who asks
 * @param database where
 * @param schemaExists whether there is such a schema
 * @param creatable whether the role may create what is missing: the schema, or something
 * in it
 * @param tableExists whether it has a table, or anything else that stands in its place,
 * named as the table of messages
 * @param version the version marked on that table; {@code null} without a mark
 * @param historyExists whether this schema was ever migrated here
 * @param owner who owns what is there: the table, else the schema
 */
record SchemaState(String role, String database, boolean schemaExists, boolean creatable, boolean tableExists,
		@Nullable Integer version, boolean historyExists, @Nullable String owner) {

	static final String QUERY = """
			SELECT
				current_user AS role,
				pg_catalog.current_database() AS database,
				schema.oid IS NOT NULL AS schema_exists,
				CASE WHEN schema.oid IS NULL
					THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
					ELSE pg_catalog.has_schema_privilege(schema.oid, 'CREATE')
						AND pg_catalog.has_schema_privilege(schema.oid, 'USAGE')
				END AS creatable,
				message.oid IS NOT NULL AS table_exists,
				pg_catalog.obj_description(message.oid, 'pg_class') AS mark,
				history.oid IS NOT NULL AS history_exists,
				pg_catalog.pg_get_userbyid(coalesce(message.relowner, schema.nspowner)) AS owner
			FROM (VALUES (?)) AS wanted (name)
			LEFT JOIN pg_catalog.pg_namespace AS schema ON schema.nspname = wanted.name
			LEFT JOIN pg_catalog.pg_class AS message
				ON message.relnamespace = schema.oid AND message.relname = 'message'
			LEFT JOIN pg_catalog.pg_class AS history
				ON history.relnamespace = schema.oid AND history.relname = ?
			""";

	private static final Pattern MARK = Pattern.compile("pgnotify schema version (\\d{1,9})\\b.*", Pattern.DOTALL);

	static SchemaState read(DataSource dataSource, SchemaName schema) {
		return JdbcClient.create(dataSource)
			.sql(QUERY)
			.param(schema.value())
			.param(QueueSchema.HISTORY_TABLE)
			.query((row, number) -> of(row))
			.single();
	}

	/**
	 * Whether the table of messages is somebody else's.
	 */
	boolean isForeign() {
		return this.tableExists && this.version == null && !this.historyExists;
	}

	private static SchemaState of(ResultSet row) throws SQLException {
		return new SchemaState(row.getString("role"), row.getString("database"), row.getBoolean("schema_exists"),
				row.getBoolean("creatable"), row.getBoolean("table_exists"), version(row.getString("mark")),
				row.getBoolean("history_exists"), row.getString("owner"));
	}

	private static @Nullable Integer version(@Nullable String mark) {
		if (mark == null) {
			return null;
		}
		Matcher matcher = MARK.matcher(mark);
		return matcher.matches() ? Integer.valueOf(matcher.group(1)) : null;
	}

}
