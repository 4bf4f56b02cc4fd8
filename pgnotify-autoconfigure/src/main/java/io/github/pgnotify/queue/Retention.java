package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.PgListenerConnectionSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Deletes what was kept for long enough: dead letters, messages that nothing refers to,
 * and instances that are gone. A batch at a time, and one process at a time.
 */
final class Retention implements Runnable {

	private static final Log logger = LogFactory.getLog(Retention.class);

	private static final Duration INTERVAL = Duration.ofMinutes(1);

	/** How many ids of messages are looked at in one transaction. */
	static final int BATCH = 5_000;

	private final PgListenerConnectionSource source;

	private final QueueSettings settings;

	private final RetentionLock lock;

	private final InstanceTable instances;

	private final String deleteDeadLetters;

	private final String deleteMessages;

	private final CountDownLatch stopped = new CountDownLatch(1);

	Retention(PgListenerConnectionSource source, SchemaName schema, QueueSettings settings) {
		this.source = source;
		this.settings = settings;
		this.lock = new RetentionLock(schema);
		this.instances = new InstanceTable(schema);
		this.deleteDeadLetters = """
				DELETE FROM %1$s.dead_letter
				WHERE id = ANY (ARRAY(
					SELECT id
					FROM %1$s.dead_letter
					WHERE died_at < clock_timestamp() - ? * interval '1 millisecond'
					LIMIT ?))
				""".formatted(schema.quoted());
		// From the oldest on, a range of ids at a time
		this.deleteMessages = """
				WITH old AS MATERIALIZED (
					SELECT id
					FROM %1$s.message
					WHERE id > ? AND created_at < clock_timestamp() - ? * interval '1 millisecond'
					ORDER BY id
					LIMIT ?
				), deleted AS (
					DELETE FROM %1$s.message
					WHERE id = ANY (ARRAY(SELECT id FROM old))
						AND NOT EXISTS (SELECT FROM %1$s.delivery WHERE message_id = message.id)
						AND NOT EXISTS (SELECT FROM %1$s.dead_letter WHERE message_id = message.id)
					RETURNING id
				)
				SELECT (SELECT max(id) FROM old), (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
				""".formatted(schema.quoted());
	}

	void start() {
		Thread thread = new Thread(this, "pgnotify-retention");
		thread.setDaemon(true);
		thread.start();
	}

	void stop() {
		this.stopped.countDown();
	}

	@Override
	public void run() {
		try {
			while (!this.stopped.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
				cleanUp();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Deletes all that was kept for long enough.
	 * @return how many messages
	 */
	long cleanUp() {
		long deleted = 0;
		try (Connection connection = this.source.open()) {
			connection.setAutoCommit(true);
			deleteDeadLetters(connection);
			Batch batch = new Batch(0, BATCH, 0);
			while (batch.seen() == BATCH && this.stopped.getCount() > 0) {
				long after = batch.last();
				batch = Transactions.run(connection, () -> deleteMessages(connection, after));
				deleted += batch.deleted();
			}
			this.instances.deleteGone(connection);
		}
		catch (SQLException ex) {
			logger.debug("What was kept for long enough could not be deleted now", ex);
		}
		if (deleted > 0) {
			logger.debug("Deleted " + deleted + " message(s) kept for longer than " + this.settings.retention());
		}
		return deleted;
	}

	private void deleteDeadLetters(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.deleteDeadLetters)) {
			statement.setLong(1, this.settings.deadLetterRetention().toMillis());
			statement.setInt(2, BATCH);
			while (statement.executeUpdate() == BATCH && this.stopped.getCount() > 0) {
				logger.debug("Deleted " + BATCH + " dead letters");
			}
		}
	}

	private Batch deleteMessages(Connection connection, long after) throws SQLException {
		if (!this.lock.attempt(connection)) {
			// Another instance is at it, or a group is being given messages
			return new Batch(after, 0, 0);
		}
		try (PreparedStatement statement = connection.prepareStatement(this.deleteMessages)) {
			statement.setLong(1, after);
			statement.setLong(2, this.settings.retention().toMillis());
			statement.setInt(3, BATCH);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return new Batch(row.getLong(1), row.getInt(2), row.getInt(3));
			}
		}
	}

	private record Batch(long last, int seen, int deleted) {

	}

}
