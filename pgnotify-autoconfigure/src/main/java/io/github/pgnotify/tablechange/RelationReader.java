package io.github.pgnotify.tablechange;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import io.github.pgnotify.tablechange.Relation.Column;
import io.github.pgnotify.tablechange.Relation.View;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Reads tables and views from the catalogs. To be used in a transaction, whose search
 * path it changes and restores.
 */
final class RelationReader {

	private static final String FIND = """
			SELECT c.oid
			FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE CASE WHEN ?::text IS NULL
				THEN c.oid = pg_catalog.to_regclass(pg_catalog.format('%I', ?::text))::pg_catalog.oid
				ELSE n.nspname = ? AND c.relname = ?
			END
			""";

	private static final String SIMILAR = """
			SELECT n.nspname || '.' || c.relname
			FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE lower(c.relname) = lower(?) AND c.relkind IN ('r', 'p', 'v', 'f') AND NOT c.relispartition
			ORDER BY 1 LIMIT 5
			""";

	private static final String RELATION = """
			SELECT c.oid, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind,
				c.relpersistence = 't' AS temporary, c.relrowsecurity,
				pg_relation_is_updatable(c.oid, false) AS updatable,
				coalesce(c.reloptions::text ~ 'check_option=', false) AS check_option,
				coalesce(c.reloptions::text ~ 'security_invoker=(true|on|yes|1)', false) AS invoker
			FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
			WHERE c.oid = ?::oid
			""";

	private static final String COLUMNS = """
			SELECT a.attnum, a.attname, format('%I', a.attname) AS quoted, quote_literal(a.attname) AS literal,
				base.oid = 'bytea'::regtype AS bytes, a.attgenerated, a.attidentity = 'a' AS identity_always,
				base.typtype = 'e' OR base.oid = ANY ('{bool,int2,int4,int8,numeric,text,varchar,bpchar,name,uuid,date,time,
					timestamp,bytea,inet,cidr,macaddr,json,jsonb}'::regtype[]) AS stable,
				base.oid >= 16384 AND base.typtype <> 'c' AND base.typcategory <> 'A' AND NOT EXISTS (
					SELECT FROM pg_cast AS x JOIN pg_proc AS f ON f.oid = x.castfunc
						JOIN pg_language AS l ON l.oid = f.prolang
					WHERE x.castsource = base.oid AND x.casttarget = 'json'::regtype AND NOT l.lanpltrusted) AS foreign_type,
				CASE
					WHEN a.attgenerated <> '' THEN NULL
					WHEN a.attidentity <> '' THEN format('nextval(%L::regclass)',
						pg_get_serial_sequence(a.attrelid::regclass::text, a.attname))
					ELSE pg_get_expr(d.adbin, d.adrelid)
				END AS default_value,
				key.position AS key_position, equality.operator AS equality
			FROM pg_attribute AS a
			CROSS JOIN LATERAL (
				WITH RECURSIVE domains AS (
					SELECT t.* FROM pg_type AS t WHERE t.oid = a.atttypid
					UNION ALL
					SELECT t.* FROM domains AS d JOIN pg_type AS t ON t.oid = d.typbasetype WHERE d.typtype = 'd')
				SELECT * FROM domains WHERE typtype <> 'd') AS base
			LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
			LEFT JOIN LATERAL (SELECT array_position((i.indkey::int2[])[0:i.indnkeyatts - 1], a.attnum) AS position)
				AS key ON true
			LEFT JOIN LATERAL (
				SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) AS operator
				FROM pg_opclass AS c JOIN pg_amop AS m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
					AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
				JOIN pg_operator AS o ON o.oid = m.amopopr JOIN pg_namespace AS n ON n.oid = o.oprnamespace
				WHERE c.oid = (i.indclass::oid[])[key.position - 1]) AS equality ON true
			WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY a.attnum
			""";

	/**
	 * Where each column of a view comes from, as its rule has it. A query within the view
	 * would show more of them than it has columns.
	 */
	private static final String ORIGINS = """
			SELECT origin[1]::int AS number, origin[2]::bigint AS base, origin[3]::int AS base_number
			FROM pg_rewrite AS r,
				regexp_matches(r.ev_action::text, ':resno (\\d+) :resname (?:\\\\.|[^ \\\\])+ '
					|| ':ressortgroupref \\d+ :resorigtbl (\\d+) :resorigcol (-?\\d+)', 'g') AS origin
			WHERE r.ev_class = ?::oid AND r.ev_type = '1'
			""";

	private final JdbcTemplate jdbc;

	RelationReader(JdbcTemplate jdbc) {
		this.jdbc = jdbc;
	}

	/**
	 * Finds a table or view.
	 * @return {@code null} if there is none of that name
	 */
	@Nullable Relation find(TableName name) {
		List<Long> found = this.jdbc.queryForList(FIND, Long.class, name.schema(), name.table(), name.schema(),
				name.table());
		return found.isEmpty() ? null : SearchPath.pinned(this.jdbc, () -> read(found.get(0)));
	}

	/**
	 * Names that differ in case or schema only.
	 */
	Set<String> similar(TableName name) {
		return new TreeSet<>(this.jdbc.queryForList(SIMILAR, String.class, name.table()));
	}

	private Relation read(long oid) {
		List<Column> columns = this.jdbc.query(COLUMNS,
				(row, n) -> new Column(row.getInt("attnum"), row.getString("attname"), row.getString("quoted"),
						row.getString("literal"), row.getBoolean("bytes"), row.getString("attgenerated").strip(),
						row.getBoolean("identity_always"), row.getString("default_value"),
						(Integer) row.getObject("key_position"), row.getBoolean("stable"),
						row.getBoolean("foreign_type"), row.getString("equality")),
				oid);
		Relation relation = this.jdbc.queryForObject(RELATION, (row, n) -> {
			String kind = row.getString("relkind");
			View view = kind.equals("v") ? new View(row.getInt("updatable"), row.getBoolean("check_option"),
					row.getBoolean("invoker"), null, Map.of()) : null;
			return new Relation(oid, row.getString("nspname"), row.getString("relname"), row.getString("quoted"), kind,
					row.getBoolean("temporary"), row.getBoolean("relrowsecurity"), columns, view);
		}, oid);
		if (relation == null) {
			throw new IllegalStateException("Relation " + oid + " has just been dropped");
		}
		return (relation.view() != null) ? withBase(relation, relation.view()) : relation;
	}

	private Relation withBase(Relation relation, View view) {
		List<Origin> origins = this.jdbc.query(ORIGINS,
				(row, n) -> new Origin(row.getInt("number"), row.getLong("base"), row.getInt("base_number")),
				relation.oid());
		List<Long> bases = origins.stream().map(Origin::base).filter((base) -> base != 0).distinct().toList();
		if (bases.size() != 1 || origins.size() != relation.columns().size()) {
			return relation;
		}
		Relation base = read(bases.get(0));
		Map<Integer, Integer> columns = new HashMap<>();
		origins.stream()
			.filter((origin) -> origin.baseNumber() > 0)
			.forEach((origin) -> columns.put(origin.number(), origin.baseNumber()));
		return new Relation(relation.oid(), relation.schema(), relation.name(), relation.quoted(), relation.kind(),
				relation.temporary(), base.rowSecurity(), relation.columns(),
				new View(view.updatable(), view.checkOption(), view.invoker(), base, columns));
	}

	/**
	 * Where a column of a view comes from.
	 *
	 * @param number the column's number
	 * @param base the table; 0 if from none
	 * @param baseNumber the number of the table's column
	 */
	private record Origin(int number, long base, int baseNumber) {

	}

}
