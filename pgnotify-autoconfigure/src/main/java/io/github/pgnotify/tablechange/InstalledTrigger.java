package io.github.pgnotify.tablechange;

import java.util.List;

/**
 * A declaration as it is in the database.
 *
 * @param name name of the declaration
 * @param application whose declaration it is
 * @param function its function, as SQL
 * @param owner role that owns the function
 * @param triggers its triggers
 * @since 0.1.0
 */
public record InstalledTrigger(String name, String application, String function, String owner, List<OnTable> triggers) {

	public InstalledTrigger {
		triggers = List.copyOf(triggers);
	}

	/**
	 * A trigger on a table.
	 *
	 * @param name its name
	 * @param table its table as {@code schema.table}
	 * @param enabled whether it runs in ordinary sessions; {@code false} if somebody
	 * disabled it by hand, which applying respects
	 * @param definition the statement that creates it, as the server tells it
	 */
	public record OnTable(String name, String table, boolean enabled, String definition) {

	}

}
