package io.github.pgnotify.tablechange;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Names of a declaration's objects, quoted by the server.
 *
 * @param schema the schema of pgnotify as SQL
 * @param function the function as SQL, without parentheses
 * @param functionName its name in the schema
 * @param channel the channel as an SQL string
 * @param head what each JSON of a change begins with, up to the operation, as an SQL
 * string
 * @param keyPrefix what each key of a message begins with, as an SQL string
 */
record QuotedNames(String schema, String function, String functionName, String channel, String head, String keyPrefix) {

	private static final String FUNCTION_PREFIX = "trigger_";

	private static final String TRIGGER_PREFIX = "notify_";

	private static final String QUERY = """
			SELECT pg_catalog.format('%I', d.schema), pg_catalog.format('%I.%I', d.schema, d.function),
				pg_catalog.quote_literal(d.channel),
				pg_catalog.quote_literal(pg_catalog.format('{"trigger":%s,"schema":%s,"table":%s,"operation":"',
					pg_catalog.to_json(d.name), pg_catalog.to_json(d.table_schema), pg_catalog.to_json(d.table_name))),
				pg_catalog.quote_literal(d.table_schema || '.' || d.table_name || ':')
			FROM (VALUES (?::text, ?::text, ?::text, ?::text, ?::text, ?::text))
				AS d (schema, function, channel, name, table_schema, table_name)
			""";

	static QuotedNames read(JdbcTemplate jdbc, String schema, TableTrigger trigger, Relation relation) {
		String function = functionName(trigger);
		QuotedNames names = jdbc.queryForObject(QUERY,
				(row, n) -> new QuotedNames(row.getString(1), row.getString(2), function, row.getString(3).strip(),
						row.getString(4).strip(), row.getString(5).strip()),
				schema, function, trigger.channel().value(), trigger.name(), relation.schema(), relation.name());
		if (names == null) {
			throw new IllegalStateException("The server quoted nothing");
		}
		return names;
	}

	/**
	 * Quotes strings and identifiers.
	 * @param format {@code %I} or {@code %L}
	 */
	static List<String> quote(JdbcTemplate jdbc, String format, List<String> texts) {
		return jdbc.queryForList(
				"SELECT pg_catalog.format(?, t.text) FROM unnest(?::text[]) WITH ORDINALITY AS t (text, n) ORDER BY n",
				String.class, format, texts.toArray(String[]::new));
	}

	/**
	 * Quotes what contains anything.
	 */
	static String dollars(String text) {
		String tag = "$pgnotify$";
		for (int n = 2; text.contains(tag); n++) {
			tag = "$pgnotify" + n + "$";
		}
		return tag + text + tag;
	}

	static String functionName(TableTrigger trigger) {
		return FUNCTION_PREFIX + trigger.name();
	}

	/**
	 * Name of one of a declaration's triggers.
	 * @param suffix tells it from others; may be empty
	 */
	static String triggerName(TableTrigger trigger, String suffix) {
		return TRIGGER_PREFIX + trigger.name() + suffix;
	}

}
