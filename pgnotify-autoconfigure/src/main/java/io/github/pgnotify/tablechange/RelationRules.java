package io.github.pgnotify.tablechange;

import java.util.HashSet;
import java.util.Set;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.Relation.View;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;

/**
 * Which triggers a table or view can have.
 */
final class RelationRules {

	private RelationRules() {
	}

	/**
	 * Checks the kind of a relation.
	 * @return the same relation
	 * @throws PgNotifyStartupException if it can have no such trigger
	 */
	static Relation check(TableTrigger trigger, Relation relation) {
		if (relation.temporary()) {
			throw refusal(trigger, relation, "which is temporary and gone with its session", "Name another table.");
		}
		if (trigger.timing() == Timing.INSTEAD_OF) {
			checkView(trigger, relation);
		}
		else if (!relation.isTable()) {
			throw refusal(trigger, relation, relation.kind().equals("v")
					? "a view, on which such a trigger would never run" : "which is no table",
					"Name a table; on a view, set the timing to instead_of.");
		}
		else if (relation.kind().equals("f") && trigger.operations().contains(Operation.TRUNCATE)) {
			throw refusal(trigger, relation, "a foreign table, which tells of no TRUNCATE", "Leave TRUNCATE out.");
		}
		if (relation.rowSecurity() && !trigger.acknowledgeRowSecurity()) {
			throw refusal(trigger, relation,
					"which has row-level security: whoever may listen would be told of rows it hides",
					"Set acknowledge-row-security to true if that is well, or leave the trigger out.");
		}
		return relation;
	}

	/**
	 * Checks what only shows with the columns.
	 * @throws PgNotifyStartupException if there can be no such trigger
	 */
	static void check(TableTrigger trigger, Relation relation, TriggerColumns columns) {
		if (trigger.level() == Level.STATEMENT && trigger.timing() == Timing.AFTER && !columns.changing().isEmpty()
				&& columns.keys().isEmpty()) {
			throw refusal(trigger, relation,
					"which has no primary key: nobody can tell which of the rows of a statement changed",
					"Name columns in keys, set the level to row, or leave update-of and when-changed out.");
		}
	}

	private static void checkView(TableTrigger trigger, Relation relation) {
		View view = relation.view();
		if (view == null) {
			throw refusal(trigger, relation, "which is no view: PostgreSQL has INSTEAD OF for views only",
					"Set the timing to after, or name a view.");
		}
		if (view.base() == null || !(view.base().kind().equals("r") || view.base().kind().equals("p"))) {
			throw refusal(trigger, relation,
					"a view that is not a plain selection from one table: nobody can tell what to write",
					"Declare triggers on the tables of the view, with the timing after.");
		}
		Set<Integer> columns = new HashSet<>(view.baseColumns().values());
		if (columns.size() != view.baseColumns().size()) {
			throw refusal(trigger, relation, "a view that has a column of its table twice",
					"Declare the trigger on the table, with the timing after.");
		}
		if (view.checkOption()) {
			throw refusal(trigger, relation, "a view WITH CHECK OPTION, which PostgreSQL does not check any more then",
					"Declare the trigger on the table, with the timing after.");
		}
		if (view.invoker() && trigger.delivery() == DeliveryMode.DURABLE) {
			throw refusal(trigger, relation,
					"a security_invoker view: what stores its changes would write to its table with more rights than who "
							+ "uses it has",
					"Set the delivery to live, or declare the trigger on the table, with the timing after.");
		}
		for (Operation operation : trigger.operations()) {
			if ((view.updatable() & bit(operation)) == 0) {
				throw refusal(trigger, relation, "a view without " + operation + " in PostgreSQL's eyes",
						"Leave " + operation + " out, or declare the trigger on the table, with the timing after.");
			}
		}
	}

	/** As the server counts its kinds of statements. */
	private static int bit(Operation operation) {
		return switch (operation) {
			case UPDATE -> 4;
			case INSERT -> 8;
			case DELETE -> 16;
			case TRUNCATE -> 0;
		};
	}

	private static PgNotifyStartupException refusal(TableTrigger trigger, Relation relation, String fault,
			String action) {
		return TableTriggerRules.refusal(trigger.name(),
				((trigger.timing() == Timing.INSTEAD_OF) ? "is to run INSTEAD OF changes of " : "is declared on ")
						+ relation + ", " + fault,
				action);
	}

}
