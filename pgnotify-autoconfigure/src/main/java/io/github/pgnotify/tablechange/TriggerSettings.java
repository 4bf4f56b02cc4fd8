package io.github.pgnotify.tablechange;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How declared triggers come into the database.
 *
 * @param mode what to do about them when the application starts
 * @param application whose declarations they are: those of others are left alone
 * @param schema schema of pgnotify, where the functions are
 * @param durable whether messages can be stored in that schema
 * @param lockTimeout how long to wait for a table that somebody is writing to
 * @param script where {@link Mode#SCRIPT} writes
 * @since 0.1.0
 */
public record TriggerSettings(Mode mode, String application, String schema, boolean durable, Duration lockTimeout,
		Path script) {

	/**
	 * Name of an application that has none. Several such cannot be told apart.
	 */
	public static final String UNNAMED = "application";

	/**
	 * What to do about declared triggers when the application starts.
	 */
	public enum Mode {

		/**
		 * Create, replace and drop, so that the database has what is declared. Where the
		 * role may not, as {@link #VALIDATE}.
		 */
		APPLY,

		/** Fail the start if the database has anything else than what is declared. */
		VALIDATE,

		/** Write what applying would do to a file, for Flyway to run. */
		SCRIPT,

		/** Do nothing. */
		OFF

	}

}
