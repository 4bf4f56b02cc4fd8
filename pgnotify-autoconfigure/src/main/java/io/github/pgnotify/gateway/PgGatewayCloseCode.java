package io.github.pgnotify.gateway;

/**
 * Why a connection was closed. The codes are WebSocket's; Server-Sent Events have none
 * and just end.
 *
 * @since 0.1.0
 */
public enum PgGatewayCloseCode {

	/** The client has closed it, or is gone. */
	NORMAL(1000, "closed"),

	/** The application is shutting down: come again. */
	GOING_AWAY(1001, "shutting down"),

	/** What the client sent is not text. */
	NOT_ACCEPTABLE(1003, "only text is understood"),

	/** The client may not do what it wanted, or has sent too much. */
	POLICY(1008, "not allowed"),

	/** What the client sent is too long. */
	TOO_BIG(1009, "message too long"),

	/** Something failed here. */
	ERROR(1011, "failed"),

	/** The permission has expired: come again with a new one. */
	EXPIRED(4001, "permission expired"),

	/** The client reads slower than messages arrive: come again, with the last cursor. */
	TOO_SLOW(4008, "too slow"),

	/** The client did not answer a ping. */
	NO_PONG(4009, "no answer to a ping");

	private final int code;

	private final String reason;

	PgGatewayCloseCode(int code, String reason) {
		this.code = code;
		this.reason = reason;
	}

	/**
	 * The code of the close frame.
	 * @return the number
	 */
	public int code() {
		return this.code;
	}

	/**
	 * The reason in the close frame, unless there is a better one.
	 * @return a few words
	 */
	public String reason() {
		return this.reason;
	}

}
