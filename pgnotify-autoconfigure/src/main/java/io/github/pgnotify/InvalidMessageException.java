package io.github.pgnotify;

/**
 * A message to be stored has a key, a header, a time or another property that cannot be
 * stored as it is. The exception's text says which and what is allowed, never the value;
 * nothing was stored.
 *
 * @since 0.1.0
 * @see OutgoingMessage
 */
public class InvalidMessageException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message what is wrong and what is allowed
	 */
	public InvalidMessageException(String message) {
		super(message);
	}

}
