package io.github.pgnotify.listener;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.Envelope;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyHeaders;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.util.MimeTypeUtils;

/**
 * One notification on its way to its listeners. It is opened once, by the first of them
 * and never by the thread that reads from the connection, and serves all.
 */
final class Arrival {

	private final PgNotification raw;

	private final @Nullable MessageStore messageStore;

	private @Nullable Message<?> message;

	Arrival(PgNotification raw, @Nullable MessageStore messageStore) {
		this.raw = raw;
		this.messageStore = messageStore;
	}

	/**
	 * What arrived, for listeners that take it as it is.
	 */
	PgNotification notification() {
		String payload = (String) message().getPayload();
		return new PgNotification(this.raw.channel(), payload.isEmpty() ? null : payload, this.raw.senderPid());
	}

	/**
	 * What arrived, as a message whose payload is text; empty text for none.
	 */
	synchronized Message<?> message() {
		if (this.message == null) {
			this.message = open();
		}
		return this.message;
	}

	private Message<?> open() {
		String payload = this.raw.payload();
		Map<String, Object> headers = new HashMap<>();
		Envelope envelope = (payload != null) ? Envelope.parse(payload) : null;
		if (envelope != null) {
			headers.putAll(envelope.headers());
			payload = unwrap(envelope, headers);
		}
		headers.put(PgNotifyHeaders.CHANNEL, this.raw.channel().value());
		headers.put(PgNotifyHeaders.SENDER_PID, this.raw.senderPid());
		return new ArrivedMessage((payload != null) ? payload : "", headers);
	}

	private @Nullable String unwrap(Envelope envelope, Map<String, Object> headers) {
		if (envelope.messageId() != null) {
			headers.put(PgNotifyHeaders.MESSAGE_ID, envelope.messageId());
		}
		if (envelope.createdAt() != null) {
			headers.put(PgNotifyHeaders.CREATED_AT, envelope.createdAt());
		}
		Envelope.Data data = (envelope.data() != null) ? envelope.data() : fetch(envelope);
		if (data != null && data.isString()) {
			headers.put(MessageHeaders.CONTENT_TYPE, MimeTypeUtils.TEXT_PLAIN);
		}
		return (data != null) ? data.text() : null;
	}

	private Envelope.@Nullable Data fetch(Envelope envelope) {
		Long id = envelope.messageId();
		if (id == null) {
			return null;
		}
		if (this.messageStore == null) {
			throw new PayloadConversionException("Message " + id + " on channel '" + this.raw.channel()
					+ "' was announced without its data, and the queue from which to read it is switched off "
					+ "(pgnotify.queue.enabled=false)");
		}
		return this.messageStore.findData(id, this.raw.channel())
			.map(Envelope.Data::of)
			.orElseThrow(() -> new PayloadConversionException("Message " + id + " was announced on channel '"
					+ this.raw.channel() + "' without its data, and is not stored there (any more)"));
	}

}
