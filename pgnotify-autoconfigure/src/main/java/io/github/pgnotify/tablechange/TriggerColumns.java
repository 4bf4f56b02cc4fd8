package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.Relation.Column;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Timing;

/**
 * The columns that a declaration means, found in its table.
 *
 * @param told what is told beside the key
 * @param keys what tells the row; may be empty
 * @param updateOf of which one must be set
 * @param whenChanged of which one must change
 */
record TriggerColumns(List<Column> told, List<Column> keys, List<Column> updateOf, List<Column> whenChanged) {

	/**
	 * Finds the columns.
	 * @throws PgNotifyStartupException if there is no such column, or a trigger cannot
	 * see it
	 */
	static TriggerColumns of(TableTrigger trigger, Relation relation) {
		List<Column> keys = trigger.keys().isEmpty() ? keyOf(relation)
				: find(trigger, relation, trigger.keys(), "keys");
		TriggerColumns columns = new TriggerColumns(find(trigger, relation, trigger.columns(), "columns"), keys,
				find(trigger, relation, trigger.updateOf(), "update-of"),
				find(trigger, relation, trigger.whenChanged(), "when-changed"));
		// Live, all runs with the rights of who writes
		return (trigger.delivery() == DeliveryMode.DURABLE) ? columns : new TriggerColumns(trusted(columns.told),
				trusted(columns.keys), trusted(columns.updateOf), trusted(columns.whenChanged));
	}

	private static List<Column> trusted(List<Column> columns) {
		return columns.stream().map(Column::trusted).toList();
	}

	/**
	 * All whose change is told of: those that are named anywhere, and the key.
	 */
	List<Column> watched() {
		Set<Column> all = new LinkedHashSet<>(this.keys);
		all.addAll(this.told);
		all.addAll(this.updateOf);
		all.addAll(this.whenChanged);
		return List.copyOf(all);
	}

	/**
	 * Of which one must have changed, where nobody can tell which were set.
	 */
	List<Column> changing() {
		Set<Column> all = new LinkedHashSet<>(this.updateOf);
		all.addAll(this.whenChanged);
		return List.copyOf(all);
	}

	private static List<Column> keyOf(Relation relation) {
		Relation.View view = relation.view();
		if (view == null || view.base() == null) {
			return relation.primaryKey();
		}
		List<Column> keys = new ArrayList<>();
		for (Column key : view.base().primaryKey()) {
			Column found = relation.columns()
				.stream()
				.filter((column) -> Integer.valueOf(key.number()).equals(view.baseColumns().get(column.number())))
				.findFirst()
				.orElse(null);
			if (found == null) {
				return List.of();
			}
			keys.add(found);
		}
		return keys;
	}

	private static List<Column> find(TableTrigger trigger, Relation relation, Set<String> names, String attribute) {
		if (names.equals(Set.of(TableTrigger.ALL))) {
			return relation.columns().stream().filter((column) -> isSeen(trigger, column)).toList();
		}
		List<Column> columns = new ArrayList<>();
		for (String name : names) {
			Column column = relation.column(name);
			if (column == null) {
				throw TableTriggerRules.refusal(trigger.name(),
						"names '" + name + "' in " + attribute + ", and " + relation + " has no such column, only "
								+ relation.columns().stream().map(Column::name).toList(),
						"Correct the name: it is taken as it is written, case included.");
			}
			if (!isSeen(trigger, column)) {
				throw unseen(trigger, column, attribute);
			}
			columns.add(column);
		}
		return columns;
	}

	/**
	 * What is generated when it is read is not there yet when triggers run; nor, before
	 * the change, what is generated when it is stored.
	 */
	private static boolean isSeen(TableTrigger trigger, Column column) {
		return column.generated().isEmpty() || (column.generated().equals("s") && trigger.timing() == Timing.AFTER);
	}

	private static PgNotifyStartupException unseen(TableTrigger trigger, Column column, String attribute) {
		String when = column.generated().equals("v") ? "when triggers run" : "before the change is stored";
		return TableTriggerRules.refusal(trigger.name(),
				"names '" + column.name() + "' in " + attribute + ", a generated column, which has no value " + when,
				column.generated().equals("v") ? "Leave it out, or let it be STORED."
						: "Leave it out, or set the timing to after.");
	}

}
