package io.github.pgnotify.tablechange;

import java.util.List;
import java.util.stream.Collectors;

import io.github.pgnotify.tablechange.Relation.Column;

/**
 * SQL that makes JSON of a row, for the body of a trigger function.
 */
final class RowJson {

	/** No function takes more than 100 arguments. */
	private static final int MAX_COLUMNS = 45;

	private RowJson() {
	}

	/**
	 * A JSON object of columns.
	 * @param row {@code NEW} or {@code OLD}
	 * @param columns which
	 * @param more further names and values, each with a comma in front; or empty
	 */
	static String object(String row, List<Column> columns, String more) {
		if (columns.size() <= MAX_COLUMNS) {
			String pairs = columns.stream()
				.map((column) -> column.literal() + ", " + value(row, column))
				.collect(Collectors.joining(", "));
			return "json_build_object(" + (pairs.isEmpty() && !more.isEmpty() ? more.substring(2) : pairs + more) + ")";
		}
		String values = columns.stream()
			.map((column) -> value(row, column) + " AS " + column.quoted())
			.collect(Collectors.joining(", "));
		String whole = "(SELECT row_to_json(one) FROM (SELECT " + values + ") AS one)";
		return more.isEmpty() ? whole : "(left(" + whole + "::text, -1) || ',' || substr(json_build_object("
				+ more.substring(2) + ")::text, 2))::json";
	}

	/**
	 * Base64 is what readers of JSON take for bytes; PostgreSQL's own form depends on the
	 * session. What is of a type of somebody's own is written by the type itself: a cast
	 * to JSON would run as who owns the function.
	 */
	private static String value(String row, Column column) {
		String value = row + "." + column.quoted();
		if (column.foreign()) {
			return "CASE WHEN " + value + " IS NOT NULL THEN format('%s', " + value + ") END";
		}
		return column.bytes() ? "translate(encode(" + value + ", 'base64'), E'\\n', '')" : value;
	}

	/**
	 * Whether a row differs in any of the columns, as it is stored: so of types that have
	 * no equality too.
	 */
	static String differs(List<Column> columns) {
		return record("OLD", columns) + " OPERATOR(pg_catalog.*<>) " + record("NEW", columns);
	}

	static String record(String row, List<Column> columns) {
		return "ROW(" + columns.stream().map((column) -> row + "." + column.quoted()).collect(Collectors.joining(", "))
				+ ")::pg_catalog.record";
	}

}
