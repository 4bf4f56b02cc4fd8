package io.github.pgnotify;

import org.jspecify.annotations.Nullable;

/**
 * A live payload has more bytes than a notification holds, and cannot be sent by
 * reference: stored messages are switched off, or the transaction is read-only. Nothing
 * was sent.
 *
 * @since 0.1.0
 */
public class PayloadTooLargeException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	/** Bytes of the refused payload. */
	private final int size;

	/** Most bytes allowed. */
	private final int limit;

	/**
	 * Creates the exception.
	 * @param channel where the payload was to go
	 * @param size its bytes in UTF-8
	 * @param limit the most bytes of a notification
	 * @param reason why it cannot be sent by reference either
	 * @param cause what revealed that
	 */
	public PayloadTooLargeException(ChannelName channel, int size, int limit, String reason,
			@Nullable Throwable cause) {
		super("Payload for channel '" + channel + "' has " + size + " bytes, a notification holds " + limit
				+ ", and it cannot be sent by reference: " + reason, cause);
		this.size = size;
		this.limit = limit;
	}

	/**
	 * Size of the refused payload.
	 * @return bytes in UTF-8, of the envelope if there is one
	 */
	public int getSize() {
		return this.size;
	}

	/**
	 * Size that would have been accepted.
	 * @return most bytes
	 */
	public int getLimit() {
		return this.limit;
	}

}
