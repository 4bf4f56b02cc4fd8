package io.github.pgnotify;

/**
 * A delivery is not ours any more: its lease ended, or was taken away because this
 * process seemed dead, and its token is not the newest. Whoever has the message now will
 * handle it; nothing may be done in its name here.
 *
 * @since 0.1.0
 */
public class LeaseLostException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message which delivery it was
	 */
	public LeaseLostException(String message) {
		super(message);
	}

}
