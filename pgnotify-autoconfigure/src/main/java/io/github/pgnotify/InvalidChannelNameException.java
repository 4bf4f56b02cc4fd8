package io.github.pgnotify;

/**
 * A text cannot be the name of a channel. The message says why and what to do; nothing
 * was sent.
 *
 * @since 0.1.0
 */
public class InvalidChannelNameException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message what is wrong
	 */
	public InvalidChannelNameException(String message) {
		super(message);
	}

}
