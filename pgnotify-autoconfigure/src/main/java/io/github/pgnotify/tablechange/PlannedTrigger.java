package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.tablechange.InstalledFunction.Use;
import org.jspecify.annotations.Nullable;

/**
 * What there is to be in the database for a declaration.
 *
 * @param trigger the declaration
 * @param relation its table
 * @param names its names, quoted
 * @param body body of the function
 * @param function statement that creates or replaces the function
 * @param definer whether the function runs with the rights of its owner
 * @param settings what the function sets while it runs, one on a line
 * @param triggers its triggers on the table
 * @param mark tells whose the function is, and which state
 */
record PlannedTrigger(TableTrigger trigger, Relation relation, QuotedNames names, String body, String function,
		boolean definer, String settings, List<OnTable> triggers, Mark mark) {

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
	 * @param definition what stands behind CREATE or CREATE OR REPLACE
	 * @param mark tells whose it is, and which state
	 */
	record OnTable(String name, String quoted, String definition, Mark mark) {

		/**
		 * Statements that bring the trigger about.
		 * @param table the table as SQL
		 * @param there what is replaced; {@code null} if nothing, and then nothing must
		 * be
		 * @param comment statement that comments on it
		 */
		List<String> statements(String table, @Nullable Use there, String comment) {
			List<String> statements = new ArrayList<>();
			statements.add(((there != null) ? "CREATE OR REPLACE " : "CREATE ") + this.definition);
			statements.add(comment);
			// Replacing enables it
			String mode = (there != null) ? there.firing() : Use.ORDINARY;
			if (!mode.equals(Use.ORDINARY)) {
				statements.add("ALTER TABLE " + table + " " + mode + " TRIGGER " + this.quoted);
			}
			return statements;
		}

	}

}
