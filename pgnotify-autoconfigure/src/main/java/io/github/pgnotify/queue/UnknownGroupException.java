package io.github.pgnotify.queue;

import io.github.pgnotify.PgNotifyException;

/**
 * A channel has no such group, or it is being removed. Nothing was changed.
 *
 * @since 0.1.0
 */
public class UnknownGroupException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message which group of which channel
	 */
	public UnknownGroupException(String message) {
		super(message);
	}

}
