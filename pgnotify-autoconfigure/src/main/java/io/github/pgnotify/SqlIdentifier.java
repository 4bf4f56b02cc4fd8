package io.github.pgnotify;

/**
 * Quotes SQL identifiers: the one place that does.
 *
 * @since 0.1.0
 */
public final class SqlIdentifier {

	private SqlIdentifier() {
	}

	/**
	 * Quotes an identifier, so that it is taken literally.
	 * @param identifier a name of a schema, table, column or channel, without NUL
	 * @return the name in double quotes, double quotes inside it doubled
	 */
	public static String quote(String identifier) {
		return '"' + identifier.replace("\"", "\"\"") + '"';
	}

}
