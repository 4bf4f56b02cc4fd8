package io.github.pgnotify;

/**
 * Headers that a listener's {@code Message} has, beside those its sender added.
 *
 * @since 0.1.0
 */
public final class PgNotifyHeaders {

	/**
	 * Channel the message arrived on, a {@code String}.
	 */
	public static final String CHANNEL = "pgnotify_channel";

	/**
	 * Process id of the sender's server process, an {@code Integer}.
	 */
	public static final String SENDER_PID = "pgnotify_senderPid";

	/**
	 * Id of the stored message, a {@code Long}; absent from a live one.
	 */
	public static final String MESSAGE_ID = "pgnotify_messageId";

	/**
	 * When the message was stored, a {@code java.time.OffsetDateTime}; absent from a live
	 * one.
	 */
	public static final String CREATED_AT = "pgnotify_createdAt";

	private PgNotifyHeaders() {
	}

}
