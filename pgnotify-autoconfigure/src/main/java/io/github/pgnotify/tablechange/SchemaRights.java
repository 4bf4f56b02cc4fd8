package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What a role may do in the schema of pgnotify.
 *
 * @param role who asks
 * @param schema name of the schema
 * @param schemaExists whether there is such a schema
 * @param mayCreate whether the role may create functions in it, or the schema itself
 * @param owner role that owns the schema; {@code null} without
 * @param ownerQuoted the same as an SQL identifier
 * @param mayGiveToOwner whether the role may create what belongs to that owner
 */
record SchemaRights(String role, String schema, boolean schemaExists, boolean mayCreate, @Nullable String owner,
		@Nullable String ownerQuoted, boolean mayGiveToOwner) {

	private static final String QUERY = """
			SELECT current_user AS role, n.oid IS NOT NULL AS schema_exists,
				CASE WHEN n.oid IS NULL
					THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
					ELSE pg_catalog.has_schema_privilege(n.oid, 'CREATE')
						AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
				END AS may_create,
				pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
				pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)) AS owner_quoted,
				coalesce(pg_catalog.pg_has_role(n.nspowner, 'MEMBER') AND pg_catalog.pg_has_role(n.nspowner, 'USAGE'),
					false) AS may_give
			FROM (VALUES (?)) AS wanted (name)
			LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.name
			""";

	static SchemaRights read(JdbcTemplate jdbc, String schema) {
		return jdbc
			.query(QUERY,
					(row, n) -> new SchemaRights(row.getString("role"), schema, row.getBoolean("schema_exists"),
							row.getBoolean("may_create"), row.getString("owner"), row.getString("owner_quoted"),
							row.getBoolean("may_give")),
					schema)
			.get(0);
	}

	/**
	 * What the role lacks to create functions, in words.
	 */
	List<String> missing() {
		List<String> missing = new ArrayList<>();
		if (!this.mayCreate) {
			missing.add(this.schemaExists ? "lacks USAGE and CREATE on the schema " + this.schema
					: "lacks CREATE on the database, for the schema " + this.schema);
		}
		return missing;
	}

}
