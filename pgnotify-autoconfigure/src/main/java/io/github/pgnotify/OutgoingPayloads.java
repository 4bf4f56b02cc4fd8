package io.github.pgnotify;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.util.MimeType;

/**
 * Makes of a payload the text that goes to PostgreSQL, and refuses what would not arrive
 * as it was sent.
 */
final class OutgoingPayloads {

	/**
	 * Most bytes of a notification's payload: PostgreSQL's
	 * {@code NOTIFY_PAYLOAD_MAX_LENGTH} less one.
	 */
	static final int MAX_BYTES = 7_999;

	private volatile MessageConverter converter;

	OutgoingPayloads(MessageConverter converter) {
		this.converter = converter;
	}

	void setConverter(MessageConverter converter) {
		this.converter = converter;
	}

	/**
	 * The text of the notification for a message: the payload itself, or an envelope if
	 * the message has headers or is to differ from all others.
	 */
	String notificationText(ChannelName channel, Message<?> message, boolean distinct) {
		Message<?> converted = (message.getPayload() instanceof String) ? message
				: convert(message.getPayload(), message.getHeaders());
		Map<String, Object> headers = sentHeaders(message.getHeaders());
		String text = text(converted);
		requireStorable(channel, text);
		if (!distinct && headers.isEmpty()) {
			return text;
		}
		String data = isJson(converted) ? text : quote(text);
		return distinct ? Envelope.writeDistinct(headers, data) : Envelope.write(headers, data);
	}

	/**
	 * Whether a text fits into a notification.
	 */
	static boolean fits(String text) {
		return text.length() <= MAX_BYTES && Texts.utf8Length(text) <= MAX_BYTES;
	}

	/**
	 * The JSON text to store for a payload.
	 */
	@Nullable String jsonData(ChannelName channel, @Nullable Object payload) {
		if (payload == null) {
			return null;
		}
		Message<?> converted = convert(payload, null);
		String text = text(converted);
		requireStorable(channel, text);
		String data = isJson(converted) ? text : quote(text);
		int position = Texts.indexOfEscapedNul(data);
		if (position >= 0) {
			throw new InvalidPayloadException(
					"JSON for channel '" + channel + "' has a NUL character (\\u0000) at position " + position
							+ ", which PostgreSQL stores but cannot query");
		}
		return data;
	}

	/**
	 * The JSON object to store for headers; {@code null} without.
	 */
	static @Nullable String jsonHeaders(ChannelName channel, Map<String, Object> headers) {
		if (headers.isEmpty()) {
			return null;
		}
		String json;
		try {
			json = Envelope.writeHeaders(headers);
		}
		catch (JacksonException ex) {
			throw new MessageConversionException(
					"The headers of a message for channel '" + channel + "' cannot become JSON", ex);
		}
		int position = Math.max(Texts.indexOfUnstorable(json), Texts.indexOfEscapedNul(json));
		if (position >= 0) {
			throw new InvalidMessageException("The headers of a message for channel '" + channel
					+ "' have a NUL character or an unpaired surrogate, which PostgreSQL cannot hold");
		}
		return json;
	}

	private Message<?> convert(Object payload, @Nullable MessageHeaders headers) {
		Message<?> message = this.converter.toMessage(payload, headers);
		if (message == null) {
			throw new MessageConversionException(
					"No message converter makes text of a payload of type " + payload.getClass().getName());
		}
		return message;
	}

	private static String text(Message<?> converted) {
		if (converted.getPayload() instanceof String text) {
			return text;
		}
		throw new MessageConversionException("The message converter made " + converted.getPayload().getClass().getName()
				+ " of a payload, where a String is needed");
	}

	private static boolean isJson(Message<?> converted) {
		Object contentType = converted.getHeaders().get(MessageHeaders.CONTENT_TYPE);
		return contentType instanceof MimeType mimeType && mimeType.getSubtype().endsWith("json");
	}

	private static String quote(String text) {
		return JsonMapper.shared().writeValueAsString(text);
	}

	private static void requireStorable(ChannelName channel, String text) {
		int position = Texts.indexOfUnstorable(text);
		if (position >= 0) {
			throw new InvalidPayloadException("Payload for channel '" + channel + "' has "
					+ Texts.describe(text, position) + " at position " + position + ", which PostgreSQL cannot hold");
		}
	}

	/**
	 * What the sender added; not what Spring puts on every message.
	 */
	static Map<String, Object> sentHeaders(MessageHeaders headers) {
		Map<String, Object> sent = new LinkedHashMap<>(headers);
		sent.keySet()
			.removeIf((name) -> name.equals(MessageHeaders.ID) || name.equals(MessageHeaders.TIMESTAMP)
					|| name.equals(MessageHeaders.CONTENT_TYPE) || name.equals(MessageHeaders.REPLY_CHANNEL)
					|| name.equals(MessageHeaders.ERROR_CHANNEL)
					|| name.equals(PgNotifyTemplate.CONVERSION_HINT_HEADER));
		return sent;
	}

}
