package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import io.github.pgnotify.MessageStore.NewMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.core.AbstractMessageSendingTemplate;

/**
 * Sends to channels of PostgreSQL through the application's own DataSource, so that what
 * is sent belongs to the caller's transaction. Thread-safe once configured.
 *
 * @since 0.1.0
 */
public class PgNotifyTemplate extends AbstractMessageSendingTemplate<String> implements PgNotifyOperations {

	/** {@code read_only_sql_transaction}. */
	private static final String READ_ONLY_STATE = "25006";

	private final CallerConnection connections;

	private final OutgoingPayloads payloads;

	private final @Nullable MessageStore messageStore;

	private final @Nullable StoredSignals signals;

	private final boolean distinct;

	private boolean announceByDefault;

	/**
	 * Creates a template.
	 * @param dataSource whose transactions to join
	 * @param messageConverter makes text of payloads, JSON of all but text
	 * @param messageStore where messages are stored; without one, {@code enqueue} is
	 * refused
	 */
	@SuppressWarnings("this-escape") // to the superclass, which is complete
	public PgNotifyTemplate(DataSource dataSource, MessageConverter messageConverter,
			@Nullable MessageStore messageStore) {
		this.connections = new CallerConnection(dataSource);
		this.payloads = new OutgoingPayloads(messageConverter);
		this.messageStore = messageStore;
		this.signals = (messageStore != null) ? new StoredSignals(messageStore) : null;
		this.distinct = false;
		super.setMessageConverter(messageConverter);
	}

	@SuppressWarnings("this-escape") // to the superclass, which is complete
	private PgNotifyTemplate(PgNotifyTemplate origin) {
		this.connections = origin.connections;
		this.payloads = origin.payloads;
		this.messageStore = origin.messageStore;
		this.signals = origin.signals;
		this.announceByDefault = origin.announceByDefault;
		this.distinct = true;
		super.setMessageConverter(origin.getMessageConverter());
		super.setDefaultDestination(origin.getDefaultDestination());
	}

	/**
	 * Sets whether stored messages are announced to live listeners when the caller does
	 * not say.
	 * @param announceByDefault {@code true} to announce; {@code false} is the default
	 */
	public void setAnnounceByDefault(boolean announceByDefault) {
		this.announceByDefault = announceByDefault;
	}

	@Override
	public void setMessageConverter(MessageConverter messageConverter) {
		super.setMessageConverter(messageConverter);
		this.payloads.setConverter(messageConverter);
	}

	@Override
	protected void doSend(String destination, Message<?> message) {
		ChannelName channel = ChannelName.of(destination);
		String text = this.payloads.notificationText(channel, message, this.distinct);
		this.connections.execute("notify", (connection) -> {
			NotifySql.send(connection, channel, sendable(connection, channel, text));
			return null;
		});
	}

	@Override
	public void convertAndSendAll(String channel, Collection<?> payloads) {
		ChannelName name = ChannelName.of(channel);
		String[] texts = payloads.stream()
			.map((payload) -> this.payloads.notificationText(name, doConvert(payload, null, null), this.distinct))
			.toArray(String[]::new);
		if (texts.length == 0) {
			return;
		}
		this.connections.execute("notify", (connection) -> {
			for (int i = 0; i < texts.length; i++) {
				texts[i] = sendable(connection, name, texts[i]);
			}
			NotifySql.sendAll(connection, name, texts);
			return null;
		});
	}

	@Override
	public StoredMessage enqueue(OutgoingMessage message) {
		requireStore();
		return store(List.of(converted(message))).get(0);
	}

	@Override
	public List<StoredMessage> enqueueAll(Collection<OutgoingMessage> messages) {
		requireStore();
		List<NewMessage> converted = messages.stream().map(this::converted).toList();
		return converted.isEmpty() ? List.of() : store(converted);
	}

	@Override
	public boolean cancel(long id) {
		MessageStore store = requireStore();
		return this.connections.execute("cancel", (connection) -> store.cancel(connection, id));
	}

	@Override
	public PgNotifyOperations distinct() {
		return this.distinct ? this : new PgNotifyTemplate(this);
	}

	/**
	 * The text itself, or a reference to it if it is too long.
	 */
	private String sendable(Connection connection, ChannelName channel, String text) throws SQLException {
		if (OutgoingPayloads.fits(text)) {
			return text;
		}
		if (this.messageStore == null) {
			throw tooLarge(channel, text, "stored messages are switched off (pgnotify.queue.enabled=false)", null);
		}
		if (connection.isReadOnly()) {
			throw tooLarge(channel, text, "the transaction is read-only", null);
		}
		try {
			return Envelope.writeReference(this.messageStore.keepPayload(connection, channel, text));
		}
		catch (SQLException ex) {
			if (READ_ONLY_STATE.equals(ex.getSQLState())) {
				throw tooLarge(channel, text, "the transaction is read-only", ex);
			}
			throw ex;
		}
	}

	private static PayloadTooLargeException tooLarge(ChannelName channel, String text, String reason,
			@Nullable Throwable cause) {
		return new PayloadTooLargeException(channel, Texts.utf8Length(text), OutgoingPayloads.MAX_BYTES, reason, cause);
	}

	private MessageStore requireStore() {
		if (this.messageStore == null) {
			throw new IllegalStateException(
					"Messages cannot be stored: the queue is switched off by pgnotify.queue.enabled=false");
		}
		return this.messageStore;
	}

	private NewMessage converted(OutgoingMessage message) {
		String data = this.payloads.jsonData(message.channel(), message.payload());
		String headers = OutgoingPayloads.jsonHeaders(message.channel(), message.headers());
		return message.converted(data, headers, this.announceByDefault);
	}

	private List<StoredMessage> store(List<NewMessage> messages) {
		MessageStore store = requireStore();
		return this.connections.execute("enqueue", (connection) -> store.store(connection, messages),
				(stored, committed) -> signal(stored, committed));
	}

	private void signal(List<StoredMessage> stored, boolean committed) {
		if (this.signals != null) {
			this.signals.signal(newIn(stored), committed);
		}
	}

	private static Map<ChannelName, Integer> newIn(List<StoredMessage> stored) {
		if (stored.size() == 1) {
			StoredMessage message = stored.get(0);
			return message.duplicate() ? Map.of() : Map.of(message.channel(), 1);
		}
		return stored.stream()
			.filter((message) -> !message.duplicate())
			.collect(Collectors.toMap(StoredMessage::channel, (message) -> 1, Integer::sum));
	}

}
