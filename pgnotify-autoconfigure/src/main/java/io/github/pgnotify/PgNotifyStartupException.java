package io.github.pgnotify;

import org.jspecify.annotations.Nullable;

/**
 * The application cannot start with pgnotify as it is configured. Carries a sentence that
 * says what is wrong and one that says what to do; Spring Boot prints both.
 *
 * @since 0.1.0
 */
public class PgNotifyStartupException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/** What to do. */
	private final String action;

	/**
	 * Creates the exception.
	 * @param description what is wrong, with names and places
	 * @param action what to do about it
	 */
	public PgNotifyStartupException(String description, String action) {
		this(description, action, null);
	}

	/**
	 * Creates the exception with what revealed it.
	 * @param description what is wrong, with names and places
	 * @param action what to do about it
	 * @param cause the cause
	 */
	public PgNotifyStartupException(String description, String action, @Nullable Throwable cause) {
		super(description, cause);
		this.action = action;
	}

	/**
	 * What to do.
	 * @return a sentence or a list of choices
	 */
	public String getAction() {
		return this.action;
	}

}
