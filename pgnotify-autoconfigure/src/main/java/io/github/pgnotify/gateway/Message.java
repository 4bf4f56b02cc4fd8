package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A message on its way to clients.
 */
final class Message extends Outgoing {

	private static final JsonMapper MAPPER = JsonMapper.shared();

	private final String id;

	private final ChannelName channel;

	private final String text;

	private final String json;

	private final Map<String, Object> headers;

	private final Instant time;

	private final @Nullable String cursor;

	private @Nullable JsonNode tree;

	/**
	 * Creates a message.
	 * @param id its id
	 * @param channel its channel
	 * @param text its payload as text
	 * @param json its payload as JSON
	 * @param headers its headers
	 * @param time when it was sent
	 * @param cursor where to go on after it; {@code null} if one cannot
	 */
	Message(String id, ChannelName channel, String text, String json, Map<String, Object> headers, Instant time,
			@Nullable String cursor) {
		this.id = id;
		this.channel = channel;
		this.text = text;
		this.json = json;
		this.headers = headers;
		this.time = time;
		this.cursor = cursor;
	}

	/**
	 * About how much memory it takes.
	 */
	int size() {
		return this.text.length() + this.json.length() + 256;
	}

	/**
	 * Whether it is for a client.
	 */
	boolean isFor(PgGatewayChannel rule, @Nullable String clientId) {
		if (!rule.isFiltered()) {
			return true;
		}
		return clientId != null && clientId.equals(addressee(rule));
	}

	private @Nullable String addressee(PgGatewayChannel rule) {
		if (rule.clientHeader() != null) {
			Object header = this.headers.get(rule.clientHeader());
			return (header != null) ? header.toString() : null;
		}
		JsonNode node = tree();
		for (String name : String.valueOf(rule.clientField()).split("\\.")) {
			node = node.path(name);
		}
		return node.isValueNode() && !node.isNull() ? node.asString() : null;
	}

	private JsonNode tree() {
		JsonNode read = this.tree;
		if (read == null) {
			try {
				read = MAPPER.readTree(this.json);
			}
			catch (JacksonException ex) {
				read = MAPPER.missingNode();
			}
			this.tree = read;
		}
		return read;
	}

	@Override
	Frame encode(Format format) {
		return switch (format) {
			case TEXT -> Frame.ofText(this.text);
			case JSON -> Frame.ofText(envelope());
			case EVENT_TEXT -> EventText.event(null, this.cursor, this.text);
			case EVENT_JSON -> EventText.event(null, this.cursor, envelope());
		};
	}

	private String envelope() {
		StringBuilder text = new StringBuilder(this.json.length() + 160);
		text.append("{\"type\":\"message\",\"id\":")
			.append(MAPPER.writeValueAsString(this.id))
			.append(",\"channel\":")
			.append(MAPPER.writeValueAsString(this.channel.value()))
			.append(",\"data\":")
			.append(this.json)
			.append(",\"time\":\"")
			.append(this.time)
			.append('"');
		if (this.cursor != null) {
			text.append(",\"cursor\":").append(MAPPER.writeValueAsString(this.cursor));
		}
		return text.append('}').toString();
	}

}
