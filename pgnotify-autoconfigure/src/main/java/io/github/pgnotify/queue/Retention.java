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
import org.jspecify.annotations.Nullable;

/**
 * Deletes what was kept for long enough: dead letters, messages that nothing refers to,
 * live payloads, groups that are being removed, and instances that are gone. A batch at a
 * time, and messages by one process at a time.
 */
final class Retention implements Runnable {

	private static final Log logger = LogFactory.getLog(Retention.class);

	private static final Duration INTERVAL = Duration.ofMinutes(1);

	private static final Duration REMOVAL_PATIENCE = Duration.ofSeconds(1);

	/** {@code insufficient_privilege}. */
	private static final String NOT_PERMITTED = "42501";

	/** How many ids of messages are looked at in one transaction. */
	static final int BATCH = 5_000;

	private final PgListenerConnectionSource source;

	private final QueueSettings settings;

	private final RetentionLock lock;

	private final InstanceTable instances;

	private final SubscriptionRemoval removal;

	private final DeadLetterTable letters;

	private final LivePayloadTable livePayloads;

	private final String deleteDeadLetters;

	private final String deleteMessages;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private volatile @Nullable Long deadLetters;

	private boolean reported;

	Retention(PgListenerConnectionSource source, SchemaName schema, QueueSettings settings) {
		this.source = source;
		this.settings = settings;
		this.lock = new RetentionLock(schema);
		this.instances = new InstanceTable(schema);
		this.removal = new SubscriptionRemoval(schema);
		this.letters = new DeadLetterTable(schema);
		this.livePayloads = new LivePayloadTable(schema);
		this.deleteDeadLetters = """
				DELETE FROM %1$s.dead_letter
				WHERE id = ANY (ARRAY(
					SELECT id
					FROM %1$s.dead_letter
					WHERE died_at < now() - ? * interval '1 millisecond'
					LIMIT ?))
				""".formatted(schema.quoted());
		// From the first on, a range of ids at a time, until there is one with nothing
		// old
		this.deleteMessages = """
				WITH batch AS MATERIALIZED (
					SELECT id, created_at < now() - ? * interval '1 millisecond' AS old
					FROM %1$s.message
					WHERE id > ?
					ORDER BY id
					LIMIT ?
				), deleted AS (
					DELETE FROM %1$s.message
					WHERE id = ANY (ARRAY(SELECT id FROM batch WHERE old))
						AND NOT EXISTS (SELECT FROM %1$s.delivery WHERE message_id = message.id)
						AND NOT EXISTS (SELECT FROM %1$s.dead_letter WHERE message_id = message.id)
					RETURNING id
				)
				SELECT max(id), count(*) = ? AND bool_or(old), (SELECT count(*) FROM deleted) FROM batch
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
	 * How many dead letters there were when it was last looked; {@code null} before.
	 */
	@Nullable Long deadLetters() {
		return this.deadLetters;
	}

	/**
	 * Deletes all that was kept for long enough.
	 * @return how many messages
	 */
	long cleanUp() {
		long deleted = 0;
		try (Connection connection = OwnConnection.openPatient(this.source)) {
			deleteDeadLetters(connection);
			for (int subscription : this.removal.removing(connection)) {
				this.removal.finish(connection, subscription, REMOVAL_PATIENCE);
			}
			this.instances.deleteGone(connection);
			Batch batch = new Batch(Long.MIN_VALUE, true, 0);
			while (batch.more() && this.stopped.getCount() > 0) {
				long after = batch.last();
				batch = Transactions.run(connection, () -> deleteMessages(connection, after));
				deleted += batch.deleted();
			}
			this.deadLetters = this.letters.count(connection);
			// Last: who only consumes need not be allowed to
			this.livePayloads.deleteExpired(connection);
		}
		catch (SQLException ex) {
			report(ex);
		}
		if (deleted > 0) {
			logger.debug("Deleted " + deleted + " message(s) kept for longer than " + this.settings.retention());
		}
		return deleted;
	}

	/** What may not be done will not be possible the next time either: said once. */
	private void report(SQLException failure) {
		if (!NOT_PERMITTED.equals(failure.getSQLState())) {
			logger.warn("What was kept for long enough could not be deleted now: " + failure.getMessage());
		}
		else if (!this.reported) {
			this.reported = true;
			logger.info("This role may not delete what was kept for long enough: " + failure.getMessage()
					+ ". Grant it the rights of a consumer that V3__queue.sql names, or let another application do it");
		}
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
			return new Batch(after, false, 0);
		}
		try (PreparedStatement statement = connection.prepareStatement(this.deleteMessages)) {
			statement.setLong(1, this.settings.retention().toMillis());
			statement.setLong(2, after);
			statement.setInt(3, BATCH);
			statement.setInt(4, BATCH);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return new Batch(row.getLong(1), row.getBoolean(2), row.getInt(3));
			}
		}
	}

	private record Batch(long last, boolean more, int deleted) {

	}

}
