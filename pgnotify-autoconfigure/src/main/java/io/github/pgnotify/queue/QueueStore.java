package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.StoredMessage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Stores messages, and live payloads that are too long to be sent, in the tables that
 * {@link QueueSchema} created, and reads them from there. Thread-safe.
 *
 * @since 0.1.0
 */
public final class QueueStore implements MessageStore {

	private static final Log logger = LogFactory.getLog(QueueStore.class);

	private final DataSource dataSource;

	private final JdbcClient jdbc;

	private final MessageTable messages;

	private final LivePayloadTable livePayloads;

	private final AtomicBoolean expiryPlanned = new AtomicBoolean();

	/**
	 * Creates the store; touches no database.
	 * @param dataSource where to read messages
	 * @param schema name of the schema, case kept
	 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such schema
	 */
	public QueueStore(DataSource dataSource, String schema) {
		SchemaName name = new SchemaName(schema);
		this.dataSource = dataSource;
		this.jdbc = JdbcClient.create(dataSource);
		this.messages = new MessageTable(name);
		this.livePayloads = new LivePayloadTable(name);
	}

	@Override
	public StoredMessage store(Connection connection, ChannelName channel, @Nullable String data, boolean announce)
			throws SQLException {
		return this.messages.insert(connection, channel, data, announce);
	}

	@Override
	public Optional<String> findData(long id, ChannelName channel) {
		return this.messages.findData(this.jdbc, id, channel);
	}

	@Override
	public UUID keepPayload(Connection connection, ChannelName channel, String text) throws SQLException {
		UUID ref = this.livePayloads.insert(connection, channel, text);
		if (this.expiryPlanned.compareAndSet(false, true)) {
			CompletableFuture.delayedExecutor(1, TimeUnit.MINUTES).execute(this::deleteExpired);
		}
		return ref;
	}

	@Override
	public Optional<String> findPayload(UUID ref, ChannelName channel) {
		return this.livePayloads.find(this.jdbc, ref, channel);
	}

	/**
	 * In a transaction of its own: in a caller's it could collide with others.
	 */
	void deleteExpired() {
		this.expiryPlanned.set(false);
		try (Connection connection = this.dataSource.getConnection()) {
			this.livePayloads.deleteExpired(connection);
			if (!connection.getAutoCommit()) {
				connection.commit();
			}
		}
		catch (SQLException ex) {
			logger.debug("Live payloads that have expired could not be deleted now", ex);
		}
	}

}
