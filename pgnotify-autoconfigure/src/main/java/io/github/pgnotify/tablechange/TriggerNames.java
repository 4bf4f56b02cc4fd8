package io.github.pgnotify.tablechange;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.PlannedTrigger.OnTable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A table has one trigger of a name: another declaration's, application's or somebody's
 * own must not be replaced.
 */
final class TriggerNames {

	private static final String OTHERS = """
			SELECT t.tgname, pg_catalog.format('%I.%I()', n.nspname, p.proname) AS function
			FROM pg_catalog.pg_trigger AS t
			JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
			JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
			WHERE t.tgrelid = ?::pg_catalog.oid AND t.tgname = ANY (?::pg_catalog.name[])
				AND pg_catalog.format('%I.%I', n.nspname, p.proname) <> ?
			ORDER BY t.tgname LIMIT 1
			""";

	private TriggerNames() {
	}

	/**
	 * Checks the names of all triggers that are to be.
	 * @throws PgNotifyStartupException if one is taken
	 */
	static void check(JdbcTemplate jdbc, Collection<PlannedTrigger> planned) {
		Map<List<Object>, PlannedTrigger> names = new HashMap<>();
		for (PlannedTrigger plan : planned) {
			for (OnTable trigger : plan.triggers()) {
				PlannedTrigger other = names.put(List.of(plan.relation().oid(), trigger.name()), plan);
				if (other != null) {
					throw taken(plan, trigger.name(), "the declared trigger '" + other.trigger().name() + "' has it",
							"Give one of the two another name.");
				}
			}
			checkTable(jdbc, plan);
		}
	}

	private static void checkTable(JdbcTemplate jdbc, PlannedTrigger plan) {
		String[] names = plan.triggers().stream().map(OnTable::name).toArray(String[]::new);
		List<String[]> others = jdbc.query(OTHERS,
				(row, number) -> new String[] { row.getString("tgname"), row.getString("function") },
				plan.relation().oid(), names, plan.names().function());
		if (!others.isEmpty()) {
			throw taken(plan, others.get(0)[0], "the table has one already that calls " + others.get(0)[1],
					"Give the declared trigger another name, or drop the one on the table.");
		}
	}

	private static PgNotifyStartupException taken(PlannedTrigger plan, String name, String why, String action) {
		return TableTriggerRules.refusal(plan.trigger().name(),
				"needs a trigger of the name " + name + " on " + plan.relation() + ", and " + why, action);
	}

}
