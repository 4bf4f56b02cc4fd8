package io.github.pgnotify.listener;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.Envelope;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;
import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgNotifyHeaders;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

import org.springframework.core.MethodParameter;
import org.springframework.core.convert.ConversionException;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHandlingException;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.handler.annotation.support.MethodArgumentNotValidException;
import org.springframework.messaging.handler.annotation.support.MethodArgumentTypeMismatchException;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.util.MimeTypeUtils;

/**
 * A stored message on its way to a method of a group. What nobody asks for is not made:
 * of many a message that is nothing but its text. Used by one thread.
 */
final class StoredArrival {

	private final ReceivedMessage received;

	private final String json;

	/** What a listener sees that asks for text; empty for none. */
	private final String text;

	private @Nullable Message<String> message;

	/**
	 * Opens a message.
	 * @throws PayloadConversionException if its data is not JSON
	 */
	StoredArrival(ReceivedMessage received) {
		this.received = received;
		this.json = (received.data() != null) ? received.data().strip() : "null";
		this.text = text(received, this.json);
	}

	String text() {
		return this.text;
	}

	Message<String> message() {
		Message<String> made = this.message;
		if (made == null) {
			Map<String, Object> headers = headers(delivery());
			if (isString(this.json)) {
				headers.put(MessageHeaders.CONTENT_TYPE, MimeTypeUtils.TEXT_PLAIN);
			}
			made = new ArrivedMessage(this.text, headers);
			this.message = made;
		}
		return made;
	}

	Delivery delivery() {
		return this.received.delivery();
	}

	/**
	 * Makes an argument of the message.
	 * @throws PayloadConversionException if that is impossible
	 */
	@Nullable Object argument(MethodParameter parameter, HandlerMethodArgumentResolver resolver) throws Exception {
		try {
			return resolver.resolveArgument(parameter, message());
		}
		catch (MessageConversionException | MethodArgumentNotValidException | MethodArgumentTypeMismatchException ex) {
			throw undecodable(parameter, ConversionFault.describe(ex));
		}
		catch (ConversionException | MessageHandlingException | InvalidMimeTypeException ex) {
			// Spring's message would repeat the header
			throw undecodable(parameter, "its headers do not make parameter " + (parameter.getParameterIndex() + 1)
					+ " (" + ex.getClass().getSimpleName() + ")");
		}
	}

	private PayloadConversionException undecodable(MethodParameter parameter, String fault) {
		String method = (parameter.getMethod() != null) ? ListenerMethods.describe(parameter.getMethod()) : "";
		return new PayloadConversionException("Listener " + method + " cannot take " + this.received + ": " + fault);
	}

	/**
	 * Only a string with escapes takes reading: PostgreSQL has seen to it that all is
	 * JSON.
	 */
	private static String text(ReceivedMessage received, String json) {
		if (!isString(json)) {
			return json.equals("null") ? "" : json;
		}
		if (json.indexOf('\\') < 0 && json.indexOf('"', 1) == json.length() - 1) {
			return json.substring(1, json.length() - 1);
		}
		try {
			return Objects.requireNonNullElse(Envelope.Data.of(json).text(), "");
		}
		catch (JacksonException ex) {
			throw new PayloadConversionException("The data of " + received + " is not a JSON string");
		}
	}

	private static boolean isString(String json) {
		return json.startsWith("\"");
	}

	private static Map<String, Object> headers(Delivery delivery) {
		Map<String, Object> headers = new HashMap<>(delivery.headers());
		headers.put(PgNotifyHeaders.CHANNEL, delivery.channel().value());
		headers.put(PgNotifyHeaders.MESSAGE_ID, delivery.messageId());
		headers.put(PgNotifyHeaders.CREATED_AT, delivery.createdAt());
		headers.put(PgNotifyHeaders.GROUP, delivery.group());
		headers.put(PgNotifyHeaders.ATTEMPT, delivery.attempt());
		headers.put(PgNotifyHeaders.TOKEN, delivery.token());
		headers.remove(PgNotifyHeaders.KEY);
		headers.remove(PgNotifyHeaders.SENDER_PID);
		if (delivery.key() != null) {
			headers.put(PgNotifyHeaders.KEY, delivery.key());
		}
		return headers;
	}

}
