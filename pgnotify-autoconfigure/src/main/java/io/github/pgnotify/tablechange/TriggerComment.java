package io.github.pgnotify.tablechange;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The comment on a trigger on a table: its mark, and what the server made of it. The
 * server keeps the comment when somebody replaces the trigger by hand, but not what it
 * tells of the trigger.
 */
final class TriggerComment {

	/**
	 * Whether {@code pg_trigger AS t} is what was commented on. The search path has to be
	 * pinned.
	 */
	static final String AS_COMMENTED = """
			coalesce(pg_catalog.right(pg_catalog.obj_description(t.oid, 'pg_trigger'), 75)
				= '"state":"' || %s || '"}', false)""".formatted(state());

	private TriggerComment() {
	}

	/**
	 * The statement that comments on a trigger.
	 * @param table the table as SQL
	 */
	static String statement(JdbcTemplate jdbc, String table, String trigger, Mark mark) {
		String comment = mark.comment();
		List<String> texts = QuotedNames
			.quote(jdbc, "%L", List.of(table, trigger, comment.substring(0, comment.length() - 1) + ",\"state\":\""))
			.stream()
			.map(String::strip)
			.toList();
		return "DO " + QuotedNames.dollars("""

				DECLARE
				  path text := pg_catalog.current_setting('search_path');
				BEGIN
				  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
				  EXECUTE (SELECT format('COMMENT ON TRIGGER %%I ON %%s IS %%L', t.tgname, %1$s, %3$s || %4$s || '"}')
				    FROM pg_trigger AS t WHERE t.tgrelid = %1$s::regclass AND t.tgname = %2$s);
				  PERFORM pg_catalog.set_config('search_path', path, true);
				END
				""".formatted(texts.get(0), texts.get(1), texts.get(2), state()));
	}

	/** MD5 is not there on every server. */
	private static String state() {
		return "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.pg_get_triggerdef(t.oid), 'UTF8')), 'hex')";
	}

}
