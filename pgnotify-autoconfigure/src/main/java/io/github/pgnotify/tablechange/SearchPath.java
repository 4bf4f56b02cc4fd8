package io.github.pgnotify.tablechange;

import java.util.function.Supplier;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * With a search path on which nothing of the user's is, the server writes names so that
 * they mean the same wherever they are read. Needs a transaction.
 */
final class SearchPath {

	private SearchPath() {
	}

	static <T> T pinned(JdbcTemplate jdbc, Supplier<T> reading) {
		String searchPath = jdbc.queryForObject("SELECT pg_catalog.current_setting('search_path')", String.class);
		set(jdbc, "pg_catalog, pg_temp");
		T read = reading.get();
		set(jdbc, (searchPath != null) ? searchPath : "");
		return read;
	}

	private static void set(JdbcTemplate jdbc, String searchPath) {
		jdbc.queryForObject("SELECT pg_catalog.set_config('search_path', ?, true)", String.class, searchPath);
	}

}
