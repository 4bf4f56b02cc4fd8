package io.github.pgnotify;

import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON around a payload that needs more than itself: headers, or the number of a
 * stored message.
 * <p>
 * A payload with headers travels as <code>{"pgnotify":1,"headers":{…},"data":…}</code>,
 * the announcement of a stored message as
 * <code>{"pgnotify":1,"id":…,"channel":…,"data":…,"created_at":…,
 * "updated_at":…}</code>, without {@code data} if that would not fit. A live text that
 * does not fit is kept in a table and sent as
 * <code>{"pgnotify":1,"payload_ref":…}</code>.
 *
 * @param messageId number of the stored message; {@code null} in a live envelope
 * @param headers what the sender added, in order; unmodifiable
 * @param data the payload; {@code null} if it was left out for its length
 * @param createdAt when the message was stored; {@code null} in a live envelope
 * @param payloadRef where the text is kept that was too long to be sent and is to be read
 * in place of this one; {@code null} if it is all here
 * @since 0.1.0
 */
public record Envelope(@Nullable Long messageId, Map<String, Object> headers, @Nullable Data data,
		@Nullable OffsetDateTime createdAt, @Nullable UUID payloadRef) {

	private static final String BEGINNING = "{\"pgnotify\":1,";

	private static final JsonMapper MAPPER = JsonMapper.shared();

	/**
	 * Passes over data and makes nothing of it: whatever PostgreSQL takes for JSON is
	 * welcome, however long its numbers and deep its arrays. Headers become objects and
	 * are read with Jackson's usual limits.
	 */
	private static final JsonFactory ANY_JSON = JsonFactory.builder()
		.disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
		.streamReadConstraints(StreamReadConstraints.builder()
			.maxNestingDepth(Integer.MAX_VALUE)
			.maxNumberLength(Integer.MAX_VALUE)
			.maxStringLength(Integer.MAX_VALUE)
			.maxNameLength(Integer.MAX_VALUE)
			.build())
		.build();

	/**
	 * Reads an envelope.
	 * @param payload payload of a notification
	 * @return the envelope; {@code null} if the payload is not one and stands for itself
	 */
	public static @Nullable Envelope parse(String payload) {
		if (!payload.startsWith(BEGINNING)) {
			return null;
		}
		try (JsonParser parser = ANY_JSON.createParser(ObjectReadContext.empty(), payload)) {
			return read(payload, parser);
		}
		catch (JacksonException ex) {
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

	/**
	 * Writes a live envelope that equals no other one.
	 * @param headers what to add to the payload
	 * @param data the payload as JSON text
	 * @return the text to send
	 * @throws tools.jackson.core.JacksonException if a header cannot become JSON
	 */
	static String writeDistinct(Map<String, Object> headers, String data) {
		return BEGINNING + "\"id\":\"" + UUID.randomUUID() + "\",\"headers\":" + MAPPER.writeValueAsString(headers)
				+ ",\"data\":" + data + "}";
	}

	/**
	 * Writes the headers of a message that is stored.
	 * @param headers the headers
	 * @return a JSON object
	 * @throws tools.jackson.core.JacksonException if a header cannot become JSON
	 */
	static String writeHeaders(Map<String, Object> headers) {
		return MAPPER.writeValueAsString(headers);
	}

	/**
	 * Writes an envelope that stands for a text kept elsewhere.
	 * @param payloadRef where it is kept
	 * @return the text to send
	 */
	static String writeReference(UUID payloadRef) {
		return BEGINNING + "\"payload_ref\":\"" + payloadRef + "\"}";
	}

	private static Envelope read(String payload, JsonParser parser) {
		Long id = null;
		Map<String, Object> headers = Collections.emptyMap();
		Data data = null;
		OffsetDateTime createdAt = null;
		UUID payloadRef = null;
		parser.nextToken();
		while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
			String name = parser.currentName();
			JsonToken token = parser.nextToken();
			Data value = Data.read(payload, parser);
			switch (name) {
				case "id" -> id = (token == JsonToken.VALUE_NUMBER_INT) ? (Long) parser.getLongValue() : null;
				case "headers" -> headers = readHeaders(value);
				case "data" -> data = value;
				case "created_at" -> createdAt = readTime(value);
				case "payload_ref" -> payloadRef = readUuid(value);
				default -> {
				}
			}
		}
		requireEnd(parser);
		return new Envelope(id, headers, data, createdAt, payloadRef);
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> readHeaders(Data value) {
		if (value.text() == null) {
			return Collections.emptyMap();
		}
		Map<String, Object> headers = MAPPER.readValue(value.json(), LinkedHashMap.class);
		headers.values().removeIf((header) -> header == null);
		return Collections.unmodifiableMap(headers);
	}

	/**
	 * PostgreSQL's times reach further than Java's, up to infinity.
	 */
	private static @Nullable OffsetDateTime readTime(Data value) {
		String text = value.text();
		try {
			return (text != null) ? OffsetDateTime.parse(text) : null;
		}
		catch (DateTimeParseException ex) {
			return null;
		}
	}

	private static @Nullable UUID readUuid(Data value) {
		try {
			return (value.text() != null) ? UUID.fromString(value.text()) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static void requireEnd(JsonParser parser) {
		if (parser.nextToken() != null) {
			throw new StreamReadException(parser, "Something follows the JSON value");
		}
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
			try (JsonParser parser = ANY_JSON.createParser(ObjectReadContext.empty(), jsonText)) {
				if (parser.nextToken() == null) {
					throw new StreamReadException(parser, "There is no JSON value");
				}
				Data data = read(jsonText, parser);
				requireEnd(parser);
				return data;
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
