package io.github.pgnotify;

/**
 * What arrived cannot be made what a listener asks for: it is not JSON, not JSON of that
 * type, or not valid. Trying again would not help.
 * <p>
 * The message names listener, channel, type and place. It does not repeat the payload,
 * and for that reason there is no cause.
 *
 * @since 0.1.0
 */
public class PayloadConversionException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message what cannot be converted, to what, and why
	 */
	public PayloadConversionException(String message) {
		super(message);
	}

}
