package io.github.pgnotify.gateway;

/**
 * How a client is written to.
 */
enum Format {

	/** WebSocket frames with the payload as sent. */
	TEXT,

	/** WebSocket frames with an envelope. */
	JSON,

	/** Server-Sent Events with the payload as sent. */
	EVENT_TEXT,

	/** Server-Sent Events with an envelope. */
	EVENT_JSON;

	boolean isEvent() {
		return this == EVENT_TEXT || this == EVENT_JSON;
	}

	boolean isEnvelope() {
		return this == JSON || this == EVENT_JSON;
	}

	static Format of(boolean event, boolean envelope) {
		if (event) {
			return envelope ? EVENT_JSON : EVENT_TEXT;
		}
		return envelope ? JSON : TEXT;
	}

}
