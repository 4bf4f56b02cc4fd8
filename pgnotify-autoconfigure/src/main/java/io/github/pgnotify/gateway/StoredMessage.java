package io.github.pgnotify.gateway;

import java.util.Map;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.Envelope;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A stored message, from which messages for clients are made: the same but for the cursor
 * for all who have followed, and another one for each who catches up.
 *
 * @param row the message
 * @param text its payload as text
 * @param json its payload as JSON
 * @param headers its headers
 */
record StoredMessage(StoredMessages.Row row, String text, String json, Map<String, Object> headers) {

	static StoredMessage of(StoredMessages.Row row) {
		String json = (row.data() != null) ? row.data() : "null";
		return new StoredMessage(row, text(json), json, headers(row.headers()));
	}

	Message withCursor(@Nullable String cursor) {
		return new Message(Long.toString(this.row.id()), new ChannelName(this.row.channel()), this.text, this.json,
				this.headers, this.row.createdAt(), cursor);
	}

	/**
	 * About how much memory it takes.
	 */
	int size() {
		return this.text.length() + this.json.length() + 256;
	}

	private static String text(String json) {
		String text = Envelope.Data.of(json).text();
		return (text != null) ? text : "";
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> headers(@Nullable String json) {
		try {
			return (json != null) ? JsonMapper.shared().readValue(json, Map.class) : Map.of();
		}
		catch (JacksonException ex) {
			// Longer or deeper than anybody reads: no filter finds anything in them
			return Map.of();
		}
	}

}
