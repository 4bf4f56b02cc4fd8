package io.github.pgnotify.listener;

import java.lang.ref.SoftReference;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

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

	private static final int OVERHEAD = 128;

	private final PgNotification raw;

	private final @Nullable MessageStore messageStore;

	private @Nullable Message<?> message;

	/** A payload that was fetched counts little while it waits: it may be let go. */
	private @Nullable SoftReference<Message<?>> fetched;

	private boolean byReference;

	private boolean complete;

	Arrival(PgNotification raw, @Nullable MessageStore messageStore) {
		this.raw = raw;
		this.messageStore = messageStore;
	}

	/**
	 * About how much memory it takes while it waits, in bytes.
	 */
	int size() {
		String payload = this.raw.payload();
		return OVERHEAD + ((payload != null) ? payload.length() : 0);
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
		Message<?> opened = opened();
		if (opened == null) {
			this.complete = false;
			opened = open();
			this.complete = true;
			if (this.byReference) {
				this.fetched = new SoftReference<>(opened);
			}
			else {
				this.message = opened;
			}
		}
		return opened;
	}

	/**
	 * What arrived, as far as that is known without asking the database.
	 */
	synchronized PgNotification known() {
		return (opened() != null) ? notification() : this.raw;
	}

	/**
	 * Whether what arrived is all there, so that a failure is the listener's own.
	 */
	synchronized boolean isOpen() {
		return this.complete;
	}

	private @Nullable Message<?> opened() {
		return (this.message != null) ? this.message : (this.fetched != null) ? this.fetched.get() : null;
	}

	private Message<?> open() {
		String payload = this.raw.payload();
		Map<String, Object> headers = new HashMap<>();
		Envelope envelope = (payload != null) ? Envelope.parse(payload) : null;
		if (envelope != null && envelope.payloadRef() != null) {
			payload = fetch(envelope.payloadRef());
			envelope = Envelope.parse(payload);
		}
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
		return requireStore().findData(id, this.raw.channel())
			.map(Envelope.Data::of)
			.orElseThrow(() -> gone("Message " + id + ", announced without its data"));
	}

	private String fetch(UUID payloadRef) {
		return requireStore().findPayload(payloadRef, this.raw.channel())
			.orElseThrow(() -> gone("A payload sent by reference"));
	}

	private MessageStore requireStore() {
		this.byReference = true;
		if (this.messageStore == null) {
			throw new PayloadConversionException("A notification on channel '" + this.raw.channel()
					+ "' refers to a payload that is stored, and the queue is switched off here "
					+ "(pgnotify.queue.enabled=false)");
		}
		return this.messageStore;
	}

	private PayloadGoneException gone(String what) {
		return new PayloadGoneException(what + " on channel '" + this.raw.channel() + "', is not there any more");
	}

}
