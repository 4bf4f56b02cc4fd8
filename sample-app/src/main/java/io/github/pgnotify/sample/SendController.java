package io.github.pgnotify.sample;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidPayloadException;
import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.StoredMessage;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Sends and enqueues what the page's form, or curl, asks for. The body of the request is
 * the payload, whatever its content type says.
 */
@RestController
class SendController {

	private final PgNotifyOperations template;

	private final PgListenerRegistry listeners;

	private final JsonMapper jsonMapper;

	SendController(PgNotifyOperations template, PgListenerRegistry listeners, JsonMapper jsonMapper) {
		this.template = template;
		this.listeners = listeners;
		this.jsonMapper = jsonMapper;
	}

	/**
	 * Sends a notification.
	 * @param channel the channel
	 * @param body the payload, sent as it is
	 * @return where it went
	 * @throws IOException if the body cannot be read
	 */
	@PostMapping("/send/{channel}")
	Sent send(@PathVariable String channel, InputStream body) throws IOException {
		this.template.convertAndSend(channel, text(body));
		return new Sent(channel, isHeard(ChannelName.of(channel)));
	}

	/**
	 * Stores a message and announces it.
	 * @param channel the channel
	 * @param body the data: a JSON object or array as such, anything else as a string
	 * @return what was stored
	 * @throws IOException if the body cannot be read
	 */
	@PostMapping("/enqueue/{channel}")
	Enqueued enqueue(@PathVariable String channel, InputStream body) throws IOException {
		StoredMessage stored = this.template.enqueue(OutgoingMessage.of(channel, data(text(body))).announce());
		return new Enqueued(stored.id(), stored.channel().value(), stored.createdAt(), isHeard(stored.channel()));
	}

	private boolean isHeard(ChannelName channel) {
		return this.listeners.channels().contains(channel);
	}

	private Object data(String text) {
		try {
			JsonNode json = this.jsonMapper.readTree(text);
			return json.isContainer() ? json : text;
		}
		catch (JacksonException ex) {
			return text;
		}
	}

	// As a parameter, Spring would hand over curl's body as the form that curl says it is
	private static String text(InputStream body) throws IOException {
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body.readAllBytes())).toString();
		}
		catch (CharacterCodingException ex) {
			throw new InvalidPayloadException("Payload is not UTF-8 text", ex);
		}
	}

	/**
	 * Says that a notification was sent.
	 *
	 * @param channel where to
	 * @param heard whether a listener of this application hears the channel
	 */
	record Sent(String channel, boolean heard) {

	}

	/**
	 * Says what was stored.
	 *
	 * @param id number of the message
	 * @param channel where to
	 * @param createdAt when
	 * @param heard whether a listener of this application hears the channel
	 */
	record Enqueued(long id, String channel, OffsetDateTime createdAt, boolean heard) {

	}

}
