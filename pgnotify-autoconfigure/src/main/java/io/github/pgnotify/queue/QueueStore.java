package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Stores messages, and live payloads that are too long to be sent, in the tables that
 * {@link QueueSchema} created, and reads them from there. Thread-safe.
 *
 * @since 0.1.0
 */
public final class QueueStore implements MessageStore {

	private final JdbcClient jdbc;

	private final Consumer<Set<ChannelName>> stored;

	private final MessageTable messages;

	private final MessageBatches batches;

	private final Deduplication deduplication;

	private final LivePayloadTable livePayloads;

	private volatile @Nullable PgQueueObserver observer;

	/**
	 * Creates the store; touches no database.
	 * @param dataSource where to read messages
	 * @param schema name of the schema, case kept
	 * @param stored told when messages on these channels are committed: by the sender's
	 * thread, which it must not hold up
	 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such schema
	 */
	public QueueStore(DataSource dataSource, String schema, Consumer<Set<ChannelName>> stored) {
		SchemaName name = new SchemaName(schema);
		this.stored = stored;
		this.jdbc = JdbcClient.create(dataSource);
		this.messages = new MessageTable(name);
		this.batches = new MessageBatches(name);
		this.deduplication = new Deduplication(this.messages, this.batches);
		this.livePayloads = new LivePayloadTable(name);
	}

	@Override
	public List<StoredMessage> store(Connection connection, List<NewMessage> messages) throws SQLException {
		if (messages.isEmpty()) {
			return List.of();
		}
		if (messages.stream().anyMatch((message) -> message.deduplicationId() != null)) {
			return this.deduplication.store(connection, messages);
		}
		return (messages.size() == 1) ? List.of(this.messages.insert(connection, messages.get(0)))
				: this.batches.insert(connection, messages);
	}

	@Override
	public boolean cancel(Connection connection, long id) throws SQLException {
		return this.messages.cancel(connection, id);
	}

	/**
	 * Sets who is told how many messages are stored, in place of who was before.
	 * @param observer who looks on
	 */
	public void observe(PgQueueObserver observer) {
		this.observer = observer;
	}

	@Override
	public void stored(Map<ChannelName, Integer> messages) {
		this.stored.accept(messages.keySet());
		PgQueueObserver current = this.observer;
		if (current != null) {
			messages.forEach(current::stored);
		}
	}

	@Override
	public Optional<String> findData(long id, ChannelName channel) {
		return this.messages.findData(this.jdbc, id, channel);
	}

	@Override
	public UUID keepPayload(Connection connection, ChannelName channel, String text) throws SQLException {
		return this.livePayloads.insert(connection, channel, text);
	}

	@Override
	public Optional<String> findPayload(UUID ref, ChannelName channel) {
		return this.livePayloads.find(this.jdbc, ref, channel);
	}

}
