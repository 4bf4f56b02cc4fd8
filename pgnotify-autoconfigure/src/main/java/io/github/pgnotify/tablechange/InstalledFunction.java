package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A function in the schema of pgnotify that is a trigger's, and what uses it.
 *
 * @param name its name
 * @param quoted the name with its schema as SQL, without parentheses
 * @param mark its comment; {@code null} if it is not ours
 * @param body its body
 * @param definer whether it runs with the rights of its owner
 * @param settings what it sets while it runs, one on a line; {@code null} if nothing
 * @param owner role that owns it
 * @param owned whether the role that asks may change it
 * @param triggers what uses it, clones on partitions not counted
 */
record InstalledFunction(String name, String quoted, @Nullable Mark mark, String body, boolean definer,
		@Nullable String settings, String owner, boolean owned, List<Use> triggers) {

	private static final String QUERY = """
			SELECT p.proname, pg_catalog.format('%I.%I', n.nspname, p.proname) AS quoted,
				pg_catalog.obj_description(p.oid, 'pg_proc') AS comment, p.prosrc, p.prosecdef,
				pg_catalog.array_to_string(p.proconfig, pg_catalog.chr(10)) AS settings,
				pg_catalog.pg_get_userbyid(p.proowner) AS owner,
				pg_catalog.pg_has_role(p.proowner, 'USAGE') AS owned,
				t.tgname, pg_catalog.quote_ident(t.tgname) AS trigger_quoted, t.tgrelid::bigint AS table_oid,
				r.relname, s.nspname AS table_schema,
				pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(r.relname) AS table_quoted,
				CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
					ELSE 'ENABLE' END AS firing,
				pg_catalog.pg_get_triggerdef(t.oid) AS definition,
				pg_catalog.obj_description(t.oid, 'pg_trigger') AS trigger_comment,
				%s AS as_commented,
				pg_catalog.pg_has_role(r.relowner, 'USAGE') AS table_owned
			FROM pg_catalog.pg_proc AS p
			JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
			LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgfoid = p.oid AND NOT t.tgisinternal AND t.tgparentid = 0
			LEFT JOIN pg_catalog.pg_class AS r ON r.oid = t.tgrelid
			LEFT JOIN pg_catalog.pg_namespace AS s ON s.oid = r.relnamespace
			WHERE n.nspname = ? AND p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype AND p.pronargs = 0
			ORDER BY p.proname, t.tgname
			""".replace("%s", TriggerComment.AS_COMMENTED);

	/**
	 * Reads all functions of triggers in a schema, by name. Needs a transaction.
	 */
	static Map<String, InstalledFunction> read(JdbcTemplate jdbc, String schema) {
		return SearchPath.pinned(jdbc, () -> readPinned(jdbc, schema));
	}

	private static Map<String, InstalledFunction> readPinned(JdbcTemplate jdbc, String schema) {
		Map<String, InstalledFunction> functions = new LinkedHashMap<>();
		jdbc.query(QUERY, (row) -> {
			InstalledFunction function = functions.get(row.getString("proname"));
			if (function == null) {
				function = new InstalledFunction(row.getString("proname"), row.getString("quoted"),
						Mark.parse(row.getString("comment")), row.getString("prosrc"), row.getBoolean("prosecdef"),
						row.getString("settings"), row.getString("owner"), row.getBoolean("owned"), new ArrayList<>());
				functions.put(function.name(), function);
			}
			if (row.getString("tgname") != null) {
				function.triggers()
					.add(new Use(row.getString("tgname"), row.getString("trigger_quoted"), row.getLong("table_oid"),
							row.getString("table_schema") + "." + row.getString("relname"),
							row.getString("table_quoted"), row.getString("firing"), row.getString("definition"),
							Mark.parse(row.getString("trigger_comment")), row.getBoolean("as_commented"),
							row.getBoolean("table_owned")));
			}
		}, schema);
		return functions;
	}

	/**
	 * Whether it is one of an application's.
	 */
	boolean isOf(String application) {
		return this.mark != null && this.mark.application().equals(application);
	}

	/**
	 * The table it is on, as far as there is one.
	 */
	String table() {
		return this.triggers.isEmpty() ? "no table" : this.triggers.get(0).table();
	}

	/**
	 * What has to be run to be rid of it.
	 */
	List<String> dropStatements() {
		List<String> statements = new ArrayList<>(this.triggers.stream().map(Use::dropStatement).toList());
		statements.add("DROP FUNCTION " + this.quoted + "()");
		return statements;
	}

	InstalledTrigger describe() {
		Mark known = Objects.requireNonNull(this.mark);
		return new InstalledTrigger(known.name(), known.application(), this.quoted + "()", this.owner, this.triggers
			.stream()
			.map((use) -> new InstalledTrigger.OnTable(use.name(), use.table(), use.enabled(), use.definition()))
			.toList());
	}

	/**
	 * A trigger that uses the function.
	 *
	 * @param name its name
	 * @param quoted the name as an SQL identifier
	 * @param tableOid its table
	 * @param table the table, to be read
	 * @param tableQuoted the table as SQL
	 * @param firing when it runs, as in ALTER TABLE … TRIGGER
	 * @param definition as the server tells it
	 * @param mark its comment; {@code null} if it was not made by us, or is not any more
	 * what was
	 * @param asCommented whether it is what it was when it got the comment
	 * @param tableOwned whether the role that asks may drop it
	 */
	record Use(String name, String quoted, long tableOid, String table, String tableQuoted, String firing,
			String definition, @Nullable Mark mark, boolean asCommented, boolean tableOwned) {

		/** Runs in ordinary sessions, not in those that replicate. */
		static final String ORDINARY = "ENABLE";

		boolean enabled() {
			return this.firing.equals(ORDINARY) || this.firing.equals("ENABLE ALWAYS");
		}

		String dropStatement() {
			return "DROP TRIGGER " + this.quoted + " ON " + this.tableQuoted;
		}

	}

}
