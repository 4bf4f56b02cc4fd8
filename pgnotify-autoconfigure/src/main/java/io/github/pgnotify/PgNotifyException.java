package io.github.pgnotify;

import org.jspecify.annotations.Nullable;

import org.springframework.core.NestedRuntimeException;

/**
 * Root of the errors that pgnotify raises itself. What the database refuses arrives as
 * Spring's {@code DataAccessException}.
 *
 * @since 0.1.0
 */
public abstract class PgNotifyException extends NestedRuntimeException {

	private static final long serialVersionUID = 1L;

	protected PgNotifyException(String message) {
		super(message);
	}

	protected PgNotifyException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
