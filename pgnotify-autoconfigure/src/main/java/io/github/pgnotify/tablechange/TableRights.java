package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What a role lacks to create a declaration's triggers on its table.
 */
final class TableRights {

	private static final String MAY = "SELECT pg_catalog.has_table_privilege(?::pg_catalog.oid, ?)";

	private static final String OWNED = """
			SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = ?::pg_catalog.oid
			""";

	private static final String MAY_STORE = """
			SELECT pg_catalog.has_table_privilege(c.oid, 'INSERT')
			FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname = ? AND c.relname = 'message'
			""";

	private TableRights() {
	}

	/**
	 * What is lacking, in words. A comment on a trigger takes the ownership of the table.
	 */
	static List<String> missing(JdbcTemplate jdbc, PlannedTrigger plan, TriggerSettings settings) {
		List<String> missing = new ArrayList<>();
		Relation relation = plan.relation();
		if (!Boolean.TRUE.equals(jdbc.queryForObject(OWNED, Boolean.class, relation.oid()))) {
			missing.add("does not own the " + (relation.isTable() ? "table " : "view ") + relation);
		}
		if (plan.trigger().delivery() == TableTrigger.DeliveryMode.DURABLE) {
			List<Boolean> may = jdbc.queryForList(MAY_STORE, Boolean.class, settings.schema());
			if (!may.contains(true)) {
				missing.add("lacks INSERT on the table " + settings.schema() + ".message");
			}
		}
		Relation.View view = relation.view();
		if (view != null && view.base() != null && plan.definer()) {
			plan.trigger()
				.operations()
				.stream()
				.filter((operation) -> !Boolean.TRUE
					.equals(jdbc.queryForObject(MAY, Boolean.class, view.base().oid(), operation.name())))
				.forEach((operation) -> missing.add("lacks " + operation + " on the table " + view.base()));
		}
		return missing;
	}

}
