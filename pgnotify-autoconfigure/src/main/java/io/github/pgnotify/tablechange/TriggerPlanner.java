package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.PlannedTrigger.OnTable;
import io.github.pgnotify.tablechange.Relation.Column;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Works out what a declaration means for the table there is. Reads catalogs, changes
 * nothing.
 */
final class TriggerPlanner {

	private final JdbcTemplate jdbc;

	private final TriggerSettings settings;

	private final RelationReader relations;

	TriggerPlanner(JdbcTemplate jdbc, TriggerSettings settings) {
		this.jdbc = jdbc;
		this.settings = settings;
		this.relations = new RelationReader(jdbc);
	}

	/**
	 * Plans a declaration.
	 * @throws PgNotifyStartupException if its table can have no such trigger
	 */
	PlannedTrigger plan(TableTrigger trigger) {
		Relation relation = RelationRules.check(trigger, find(trigger));
		TriggerColumns columns = TriggerColumns.of(trigger, relation);
		RelationRules.check(trigger, relation, columns);
		QuotedNames names = QuotedNames.read(this.jdbc, this.settings.schema(), trigger, relation);
		String body = new FunctionBody(trigger, relation, columns, names).write();
		boolean definer = trigger.delivery() == DeliveryMode.DURABLE || writesAsOwner(trigger, relation);
		String settings = settings(trigger, columns);
		String function = function(names, body, definer, settings);
		List<OnTable> triggers = triggers(trigger, relation, columns, names);
		return new PlannedTrigger(trigger, relation, names, body, function, definer, settings, triggers,
				Mark.of(trigger, this.settings.application(), function));
	}

	private Relation find(TableTrigger trigger) {
		TableName name = TableName.parse(trigger.table());
		if (name == null) {
			throw TableTriggerRules.refusal(trigger.name(),
					"names the table '" + trigger.table() + "', which is no name of a table",
					"Write table, schema.table, or \"a.table\" in double quotes if a name has a dot in it.");
		}
		Relation relation = this.relations.find(name);
		if (relation == null) {
			Set<String> similar = this.relations.similar(name);
			throw TableTriggerRules.refusal(trigger.name(),
					"names the table '" + trigger.table() + "', and there is none"
							+ (similar.isEmpty() ? "" : ", but " + String.join(", ", similar)),
					"Correct the name, which is taken as it is written, case included, or write schema.table; "
							+ "or see to it that the table is created before the application has started.");
		}
		return relation;
	}

	/**
	 * A view is used with the rights of its owner unless it says otherwise, and so is the
	 * table under it by the trigger in its place.
	 */
	private static boolean writesAsOwner(TableTrigger trigger, Relation relation) {
		return trigger.timing() == Timing.INSTEAD_OF && relation.view() != null && !relation.view().invoker();
	}

	/**
	 * What keeps the order of a row's changes is the same text in all sessions. Where the
	 * write is the function's own it keeps the settings it came with.
	 */
	private static String settings(TableTrigger trigger, TriggerColumns columns) {
		boolean stable = trigger.delivery() == DeliveryMode.LIVE || trigger.timing() == Timing.INSTEAD_OF
				|| columns.keys().stream().allMatch(Column::stable);
		return "search_path=pg_catalog, pg_temp" + (stable ? ""
				: "\nTimeZone=UTC\nDateStyle=iso, ymd\nIntervalStyle=iso_8601\nextra_float_digits=1\nbytea_output=hex");
	}

	private static String function(QuotedNames names, String body, boolean definer, String settings) {
		return "CREATE OR REPLACE FUNCTION " + names.function() + "() RETURNS trigger\nLANGUAGE plpgsql\n"
				+ (definer ? "SECURITY DEFINER\n" : "")
				+ settings.lines().map((line) -> "SET " + line + "\n").collect(Collectors.joining()) + "AS "
				+ QuotedNames.dollars(body);
	}

	private List<OnTable> triggers(TableTrigger trigger, Relation relation, TriggerColumns columns, QuotedNames names) {
		Set<Operation> operations = trigger.operations();
		List<Part> parts = new ArrayList<>();
		if (trigger.level() == Level.STATEMENT && trigger.timing() == Timing.AFTER) {
			// Transition tables: one operation for each trigger, and no columns
			operations.forEach((operation) -> parts.add(new Part("_" + letter(operation), EnumSet.of(operation))));
		}
		else if (trigger.level() == Level.ROW) {
			Set<Operation> rows = EnumSet.copyOf(operations);
			if (rows.remove(Operation.TRUNCATE)) {
				parts.add(new Part("_t", EnumSet.of(Operation.TRUNCATE)));
			}
			// Only the UPDATE has what is compared
			boolean apart = !columns.whenChanged().isEmpty() && trigger.timing() != Timing.INSTEAD_OF
					&& rows.size() > 1;
			if (apart && rows.remove(Operation.UPDATE)) {
				parts.add(new Part("_u", EnumSet.of(Operation.UPDATE)));
			}
			if (!rows.isEmpty()) {
				parts.add(new Part("", rows));
			}
		}
		else {
			parts.add(new Part("", operations));
		}
		List<String> quoted = QuotedNames.quote(this.jdbc, "%I",
				parts.stream().map((part) -> QuotedNames.triggerName(trigger, part.suffix())).toList());
		List<OnTable> triggers = new ArrayList<>();
		for (int i = 0; i < parts.size(); i++) {
			Part part = parts.get(i);
			String statement = statement(trigger, relation, columns, names, part, quoted.get(i));
			triggers.add(new OnTable(QuotedNames.triggerName(trigger, part.suffix()), quoted.get(i), statement,
					Mark.of(trigger, this.settings.application(), statement)));
		}
		return triggers;
	}

	private static String statement(TableTrigger trigger, Relation relation, TriggerColumns columns, QuotedNames names,
			Part part, String name) {
		boolean rows = trigger.level() == Level.ROW && !part.is(Operation.TRUNCATE);
		boolean natively = rows && trigger.timing() != Timing.INSTEAD_OF;
		StringBuilder sql = new StringBuilder("TRIGGER ").append(name)
			.append("\n")
			.append(trigger.timing().name().replace('_', ' '))
			.append(" ")
			.append(part.operations()
				.stream()
				.map((operation) -> event(operation, columns,
						natively || (trigger.level() == Level.STATEMENT && trigger.timing() == Timing.BEFORE)))
				.collect(Collectors.joining(" OR ")))
			.append(" ON ")
			.append(relation.quoted());
		if (trigger.level() == Level.STATEMENT && trigger.timing() == Timing.AFTER) {
			sql.append(transitionTables(part));
		}
		sql.append("\nFOR EACH ").append(rows ? "ROW" : "STATEMENT");
		List<String> conditions = new ArrayList<>();
		if (natively && part.is(Operation.UPDATE) && !columns.whenChanged().isEmpty()) {
			conditions.add(changed(trigger, relation, columns));
		}
		if (trigger.condition() != null && (rows || trigger.level() == Level.STATEMENT)) {
			conditions.add(trigger.condition());
		}
		if (!conditions.isEmpty()) {
			sql.append("\nWHEN (")
				.append(conditions.size() == 1 ? conditions.get(0) : "(" + String.join(") AND (", conditions) + ")")
				.append(")");
		}
		return sql.append("\nEXECUTE FUNCTION ").append(names.function()).append("()").toString();
	}

	/**
	 * A column that is named cannot be dropped nor change its type before the trigger has
	 * gone. Of any column, none is named; where some are generated the server wants them
	 * named.
	 */
	private static String changed(TableTrigger trigger, Relation relation, TriggerColumns columns) {
		boolean any = trigger.whenChanged().equals(Set.of(TableTrigger.ALL))
				&& relation.columns().stream().allMatch((column) -> column.generated().isEmpty());
		return any ? "OLD.* OPERATOR(pg_catalog.*<>) NEW.*" : RowJson.differs(columns.whenChanged());
	}

	private static String event(Operation operation, TriggerColumns columns, boolean natively) {
		if (operation != Operation.UPDATE || columns.updateOf().isEmpty() || !natively) {
			return operation.name();
		}
		return "UPDATE OF " + columns.updateOf().stream().map(Column::quoted).collect(Collectors.joining(", "));
	}

	private static String transitionTables(Part part) {
		return switch (part.operations().iterator().next()) {
			case INSERT -> "\nREFERENCING NEW TABLE AS new_rows";
			case UPDATE -> "\nREFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows";
			case DELETE -> "\nREFERENCING OLD TABLE AS old_rows";
			case TRUNCATE -> "";
		};
	}

	private static String letter(Operation operation) {
		return operation.name().substring(0, 1).toLowerCase(Locale.ROOT);
	}

	/**
	 * Operations that one trigger serves.
	 *
	 * @param suffix at the end of its name
	 * @param operations which
	 */
	private record Part(String suffix, Set<Operation> operations) {

		boolean is(Operation operation) {
			return this.operations.equals(Set.of(operation));
		}

	}

}
