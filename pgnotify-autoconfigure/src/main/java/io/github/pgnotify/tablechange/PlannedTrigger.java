package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;

/**
 * What there is to be in the database for a declaration.
 *
 * @param trigger the declaration
 * @param relation its table
 * @param names its names, quoted
 * @param body body of the function
 * @param function statement that creates or replaces the function
 * @param definer whether the function runs with the rights of its owner
 * @param triggers its triggers on the table
 * @param mark tells whose it is, and which state
 */
record PlannedTrigger(TableTrigger trigger, Relation relation, QuotedNames names, String body, String function,
		boolean definer, List<OnTable> triggers, Mark mark) {

	/**
	 * Statements that bring the function about.
	 * @param comment the mark as an SQL string
	 * @param newOwner role that is to own the function, quoted; empty if it is not
	 * changed
	 */
	List<String> functionStatements(String comment, String newOwner) {
		List<String> statements = new ArrayList<>();
		statements.add(this.function);
		statements.add("REVOKE ALL ON FUNCTION " + this.names.function() + "() FROM PUBLIC");
		if (!newOwner.isEmpty()) {
			statements.add("ALTER FUNCTION " + this.names.function() + "() OWNER TO " + newOwner);
		}
		statements.add("COMMENT ON FUNCTION " + this.names.function() + "() IS " + comment);
		return statements;
	}

	/**
	 * One of the triggers.
	 *
	 * @param name its name
	 * @param quoted the name as an SQL identifier
	 * @param statement statement that creates or replaces it
	 */
	record OnTable(String name, String quoted, String statement) {

		List<String> statements(String table, String comment) {
			return List.of(this.statement, "COMMENT ON TRIGGER " + this.quoted + " ON " + table + " IS " + comment);
		}

	}

}
