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
	 * Process id of the sender's server process, an {@code Integer}; absent in groups.
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

	/**
	 * Ordering key of the stored message, a {@code String}; only in groups, and absent
	 * from a message without.
	 */
	public static final String KEY = "pgnotify_key";

	/**
	 * Name of the group that handles the stored message, a {@code String}; only in
	 * groups.
	 */
	public static final String GROUP = "pgnotify_group";

	/**
	 * Which attempt it is, an {@code Integer}, 1 for the first; only in groups.
	 */
	public static final String ATTEMPT = "pgnotify_attempt";

	/**
	 * Fencing token of the attempt, a {@code Long}; only in groups.
	 * @see Delivery#token()
	 */
	public static final String TOKEN = "pgnotify_token";

	private PgNotifyHeaders() {
	}

}
