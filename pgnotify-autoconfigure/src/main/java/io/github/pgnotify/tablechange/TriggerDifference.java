package io.github.pgnotify.tablechange;

import java.util.List;

/**
 * What applying the declarations does, did or would do for one of them.
 *
 * @param name name of the declaration
 * @param table the table as {@code schema.table}
 * @param kind what
 * @param reasons why, in words; empty if nothing is done
 * @param statements the SQL, in order; empty if nothing is done
 * @since 0.1.0
 */
public record TriggerDifference(String name, String table, Kind kind, List<String> reasons, List<String> statements) {

	public TriggerDifference {
		reasons = List.copyOf(reasons);
		statements = List.copyOf(statements);
	}

	/**
	 * Whether the database has something else than what is declared.
	 * @return {@code true} unless it is {@link Kind#UNCHANGED}
	 */
	public boolean isDifferent() {
		return this.kind != Kind.UNCHANGED;
	}

	@Override
	public String toString() {
		return this.kind.word + " " + this.name + " on " + this.table
				+ (this.reasons.isEmpty() ? "" : " (" + String.join("; ", this.reasons) + ")");
	}

	/**
	 * What is done.
	 */
	public enum Kind {

		/** It is not there. */
		CREATE("create"),

		/** It is there, and something else. */
		REPLACE("replace"),

		/** It is as declared. */
		UNCHANGED("unchanged"),

		/** It is there, and not declared or not active. */
		DROP("drop");

		private final String word;

		Kind(String word) {
			this.word = word;
		}

	}

}
