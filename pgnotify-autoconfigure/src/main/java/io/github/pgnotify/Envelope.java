package io.github.pgnotify;

import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON around a payload that needs more than itself: headers, or the number of a
 * stored message.
 * <p>
 * A payload with headers travels as <code>{"pgnotify":1,"headers":{…},"data":…}</code>,
 * the announcement of a stored message as
 * <code>{"pgnotify":1,"id":…,"channel":…,"data":…,"created_at":…,
 * "updated_at":…}</code>, without {@code data} if that would not fit.
 *
 * @param messageId number of the stored message; {@code null} in a live envelope
 * @param headers what the sender added, in order; unmodifiable
 * @param data the payload; {@code null} if it was left out for its length
 * @param createdAt when the message was stored; {@code null} in a live envelope
 * @since 0.1.0
 */
public record Envelope(@Nullable Long messageId, Map<String, Object> headers, @Nullable Data data,
		@Nullable OffsetDateTime createdAt) {

	private static final String BEGINNING = "{\"pgnotify\":1,";

	private static final JsonMapper MAPPER = JsonMapper.shared();

	/**
	 * Reads an envelope.
	 * @param payload payload of a notification
	 * @return the envelope; {@code null} if the payload is not one and stands for itself
	 */
	public static @Nullable Envelope parse(String payload) {
		if (!payload.startsWith(BEGINNING)) {
			return null;
		}
		try (JsonParser parser = MAPPER.createParser(payload)) {
			return read(payload, parser);
		}
		catch (JacksonException | DateTimeParseException ex) {
			return null;
		}
	}

	/**
	 * Writes a live envelope.
	 * @param headers what to add to the payload
	 * @param data the payload as JSON text
	 * @return the text to send
	 * @throws tools.jackson.core.JacksonException if a header cannot become JSON
	 */
	static String write(Map<String, Object> headers, String data) {
		return BEGINNING + "\"headers\":" + MAPPER.writeValueAsString(headers) + ",\"data\":" + data + "}";
	}

	private static Envelope read(String payload, JsonParser parser) {
		Long id = null;
		Map<String, Object> headers = Collections.emptyMap();
		Data data = null;
		OffsetDateTime createdAt = null;
		parser.nextToken();
		while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
			String name = parser.currentName();
			JsonToken value = parser.nextToken();
			switch (name) {
				case "id" -> id = (value == JsonToken.VALUE_NUMBER_INT) ? (Long) parser.getLongValue() : null;
				case "headers" -> headers = readHeaders(parser);
				case "data" -> data = Data.read(payload, parser);
				case "created_at" -> createdAt = OffsetDateTime.parse(parser.getString());
				default -> parser.skipChildren();
			}
		}
		return new Envelope(id, headers, data, createdAt);
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> readHeaders(JsonParser parser) {
		Map<String, Object> headers = MAPPER.readValue(parser, LinkedHashMap.class);
		headers.values().removeIf((value) -> value == null);
		return Collections.unmodifiableMap(headers);
	}

	/**
	 * A JSON value, exactly as it was written.
	 *
	 * @param json the JSON text
	 * @param text what a listener sees that asks for text: the content of a JSON string,
	 * the JSON text of any other value, {@code null} for JSON's null
	 */
	public record Data(String json, @Nullable String text) {

		/**
		 * Reads a JSON text.
		 * @param jsonText one JSON value
		 * @return the value
		 * @throws tools.jackson.core.JacksonException if it is not JSON
		 */
		public static Data of(String jsonText) {
			try (JsonParser parser = MAPPER.createParser(jsonText)) {
				parser.nextToken();
				return read(jsonText, parser);
			}
		}

		/**
		 * Whether the value is a JSON string, so that its text is not its JSON.
		 * @return {@code true} for a string
		 */
		public boolean isString() {
			return this.json.startsWith("\"");
		}

		private static Data read(String source, JsonParser parser) {
			int begin = (int) parser.currentTokenLocation().getCharOffset();
			JsonToken token = parser.currentToken();
			String string = (token == JsonToken.VALUE_STRING) ? parser.getString() : null;
			parser.skipChildren();
			parser.finishToken();
			String value = source.substring(begin, (int) parser.currentLocation().getCharOffset()).strip();
			if (token == JsonToken.VALUE_NULL) {
				return new Data(value, null);
			}
			return new Data(value, (string != null) ? string : value);
		}

	}

}
