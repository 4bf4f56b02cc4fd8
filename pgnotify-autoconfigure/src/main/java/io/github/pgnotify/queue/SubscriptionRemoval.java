package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * Takes a group from a channel, with its deliveries and dead letters. First it is marked,
 * so that messages get no deliveries for it any more; then the transactions are waited
 * for that may not have seen the mark; then everything is deleted. Each step may be taken
 * by any process, any number of times.
 */
final class SubscriptionRemoval {

	static final int BATCH = 5_000;

	/** {@code lock_not_available}: the time to wait for a lock is up. */
	private static final String LOCK_TIMEOUT = "55P03";

	private final SubscriptionTable subscriptions;

	private final String mark;

	private final String removing;

	private final String isBarrierSet;

	private final String announceChange;

	private final String setBarrier;

	private final String deleteDeliveries;

	private final String deleteDeadLetters;

	private final String deleteSubscription;

	SubscriptionRemoval(SchemaName schema) {
		String quoted = schema.quoted();
		this.subscriptions = new SubscriptionTable(schema);
		this.mark = """
				UPDATE %s.subscription
				SET state = 'removing', barrier = CASE WHEN state = 'removing' THEN barrier END
				WHERE channel = ? AND group_name = ?
				RETURNING id
				""".formatted(quoted);
		this.removing = "SELECT id FROM %s.subscription WHERE state = 'removing' ORDER BY id".formatted(quoted);
		this.isBarrierSet = "SELECT barrier IS NOT NULL FROM %s.subscription WHERE id = ? AND state = 'removing'"
			.formatted(quoted);
		this.announceChange = "UPDATE %s.subscription_change SET changed_at = clock_timestamp()".formatted(quoted);
		this.setBarrier = """
				UPDATE %s.subscription
				SET barrier = pg_snapshot_xmax(pg_current_snapshot())
				WHERE id = ? AND state = 'removing' AND barrier IS NULL
				""".formatted(quoted);
		// What is locked is being ended by a handler's transaction, however long that
		// takes
		this.deleteDeliveries = """
				WITH batch AS MATERIALIZED (
					SELECT message_id
					FROM %1$s.delivery
					WHERE subscription_id = ? AND message_id > ?
					ORDER BY message_id
					LIMIT ?
				), deleted AS (
					DELETE FROM %1$s.delivery
					WHERE subscription_id = ?
						AND message_id = ANY (ARRAY(
							SELECT message_id
							FROM %1$s.delivery
							WHERE subscription_id = ? AND message_id = ANY (ARRAY(SELECT message_id FROM batch))
							FOR UPDATE SKIP LOCKED))
					RETURNING message_id
				)
				SELECT (SELECT max(message_id) FROM batch), (SELECT count(*) FROM batch), (SELECT count(*) FROM deleted)
				""".formatted(quoted);
		this.deleteDeadLetters = """
				DELETE FROM %1$s.dead_letter
				WHERE id = ANY (ARRAY(
					SELECT id
					FROM %1$s.dead_letter
					WHERE subscription_id = ?
					LIMIT ?
					FOR UPDATE SKIP LOCKED))
				""".formatted(quoted);
		this.deleteSubscription = "DELETE FROM %s.subscription WHERE id = ? AND state = 'removing'".formatted(quoted);
	}

	/**
	 * Begins the removal, in the transaction of the connection. It takes effect when that
	 * commits.
	 * @return the subscription; {@code null} if there is none
	 */
	@Nullable Integer mark(Connection connection, ChannelName channel, String group) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.mark)) {
			statement.setString(1, channel.value());
			statement.setString(2, group);
			try (ResultSet row = statement.executeQuery()) {
				return row.next() ? row.getInt(1) : null;
			}
		}
	}

	/**
	 * Begins the removal in a transaction of its own.
	 * @param patience how long to wait for somebody who is just changing the same group
	 * @return the subscription; {@code null} if there is none
	 */
	@Nullable Integer mark(Connection connection, ChannelName channel, String group, Duration patience) throws SQLException {
		return Transactions.run(connection, () -> {
			limitWaiting(connection, patience);
			return mark(connection, channel, group);
		});
	}

	/**
	 * Which subscriptions are being removed.
	 */
	List<Integer> removing(Connection connection) throws SQLException {
		List<Integer> removing = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(this.removing);
				ResultSet rows = statement.executeQuery()) {
			while (rows.next()) {
				removing.add(rows.getInt(1));
			}
		}
		return removing;
	}

	/**
	 * Ends a removal that has begun, if nobody stands in the way for too long.
	 * @param connection in autocommit mode
	 * @param patience how long to wait for other transactions
	 * @return whether nothing is left of it; otherwise to be called again later
	 */
	boolean finish(Connection connection, int subscription, Duration patience) throws SQLException {
		long deadline = System.nanoTime() + patience.toNanos();
		if (!isBarrierSet(connection, subscription)) {
			if (!announceChange(connection, patience)) {
				return false;
			}
			update(connection, this.setBarrier, subscription);
		}
		for (int millis = 1; !this.subscriptions.isBarrierPassed(connection, subscription); millis *= 2) {
			long left = deadline - System.nanoTime();
			if (left <= 0 || Thread.currentThread().isInterrupted()) {
				return false;
			}
			LockSupport.parkNanos(Math.min(left, Math.min(millis, 100) * 1_000_000L));
		}
		boolean nothingLeft = deleteDeliveries(connection, subscription);
		deleteDeadLetters(connection, subscription);
		if (nothingLeft) {
			update(connection, this.deleteSubscription, subscription);
		}
		return nothingLeft;
	}

	/** Also if there is none to be set, because it is gone. */
	private boolean isBarrierSet(Connection connection, int subscription) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.isBarrierSet)) {
			statement.setInt(1, subscription);
			try (ResultSet row = statement.executeQuery()) {
				return !row.next() || row.getBoolean(1);
			}
		}
	}

	/**
	 * Makes transactions fail that would store messages as if the group still were there:
	 * those whose snapshot is older than the mark. Those that have stored some already
	 * are waited for.
	 * @return whether there was no need to wait longer than that
	 */
	private boolean announceChange(Connection connection, Duration patience) throws SQLException {
		try {
			Transactions.run(connection, () -> {
				limitWaiting(connection, patience);
				try (Statement statement = connection.createStatement()) {
					return statement.executeUpdate(this.announceChange);
				}
			});
			return true;
		}
		catch (SQLException ex) {
			if (LOCK_TIMEOUT.equals(ex.getSQLState())) {
				return false;
			}
			throw ex;
		}
	}

	private boolean deleteDeliveries(Connection connection, int subscription) throws SQLException {
		long last = Long.MIN_VALUE;
		int seen = BATCH;
		boolean all = true;
		while (seen == BATCH) {
			try (PreparedStatement statement = connection.prepareStatement(this.deleteDeliveries)) {
				statement.setInt(1, subscription);
				statement.setLong(2, last);
				statement.setInt(3, BATCH);
				statement.setInt(4, subscription);
				statement.setInt(5, subscription);
				try (ResultSet row = statement.executeQuery()) {
					row.next();
					last = row.getLong(1);
					seen = row.getInt(2);
					all &= row.getInt(3) == seen;
				}
			}
		}
		return all;
	}

	private void deleteDeadLetters(Connection connection, int subscription) throws SQLException {
		int deleted = BATCH;
		while (deleted == BATCH) {
			try (PreparedStatement statement = connection.prepareStatement(this.deleteDeadLetters)) {
				statement.setInt(1, subscription);
				statement.setInt(2, BATCH);
				deleted = statement.executeUpdate();
			}
		}
	}

	/**
	 * For the rest of the transaction, which sees what others commit meanwhile, whatever
	 * the application prefers.
	 */
	private static void limitWaiting(Connection connection, Duration patience) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
			statement.execute("SET LOCAL lock_timeout = " + Math.max(1, patience.toMillis()));
		}
	}

	private static void update(Connection connection, String sql, int subscription) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setInt(1, subscription);
			statement.executeUpdate();
		}
	}

}
