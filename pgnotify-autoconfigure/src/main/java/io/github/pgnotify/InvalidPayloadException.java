package io.github.pgnotify;

import org.jspecify.annotations.Nullable;

/**
 * A payload has something that PostgreSQL cannot carry: a NUL character, a surrogate
 * without its partner, bytes that are not UTF-8. The message names the place, never the
 * payload; nothing was sent or stored.
 *
 * @since 0.1.0
 */
public class InvalidPayloadException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message what is wrong and where
	 */
	public InvalidPayloadException(String message) {
		super(message);
	}

	/**
	 * Creates the exception with what revealed it.
	 * @param message what is wrong and where
	 * @param cause the cause
	 */
	public InvalidPayloadException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
