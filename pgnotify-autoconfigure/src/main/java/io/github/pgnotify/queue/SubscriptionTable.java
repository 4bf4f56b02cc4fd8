package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.StartPosition;
import org.jspecify.annotations.Nullable;

/**
 * The statements on the table {@code subscription}: how a group begins and ends.
 */
final class SubscriptionTable {

	private final String insert;

	private final String announceChange;

	private final String select;

	private final String setBarrier;

	private final String isBarrierPassed;

	private final String lockStarting;

	private final RetentionLock lockRetention;

	private final String addEarlier;

	private final String activate;

	SubscriptionTable(SchemaName schema) {
		String quoted = schema.quoted();
		this.insert = """
				INSERT INTO %s.subscription (channel, group_name, start_at)
				VALUES (?, ?, ?)
				ON CONFLICT DO NOTHING
				""".formatted(quoted);
		this.announceChange = "UPDATE %s.subscription_change SET changed_at = clock_timestamp()".formatted(quoted);
		this.select = """
				SELECT id, state, start_at
				FROM %s.subscription
				WHERE channel = ? AND group_name = ?
				""".formatted(quoted);
		// Not the snapshot's xmax: a transaction that has begun already may have that
		// number, or a higher one
		this.setBarrier = """
				UPDATE %s.subscription
				SET barrier = pg_current_xact_id()
				WHERE id = ? AND state = 'starting' AND barrier IS NULL
				""".formatted(quoted);
		this.isBarrierPassed = """
				SELECT barrier <= pg_snapshot_xmin(pg_current_snapshot())
				FROM %s.subscription
				WHERE id = ?
				""".formatted(quoted);
		this.lockStarting = """
				SELECT start_at
				FROM %s.subscription
				WHERE id = ? AND state = 'starting'
				FOR UPDATE
				""".formatted(quoted);
		this.lockRetention = new RetentionLock(schema);
		this.addEarlier = """
				INSERT INTO %1$s.delivery (message_id, available_at, subscription_id, priority, state, key)
				SELECT
					message.id,
					CASE WHEN message.available_at > now() THEN message.available_at END,
					subscription.id,
					message.priority,
					CASE WHEN message.available_at > now() THEN 'deferred' ELSE 'ready' END,
					message.key
				FROM %1$s.subscription
				JOIN %1$s.message ON message.channel = subscription.channel
				WHERE subscription.id = ?
				ON CONFLICT DO NOTHING
				""".formatted(quoted);
		this.activate = """
				UPDATE %s.subscription
				SET state = 'active'
				WHERE id = ? AND state = 'starting'
				""".formatted(quoted);
	}

	/**
	 * Makes a subscription if there is none, in a transaction of its own. From then on
	 * messages get deliveries for it.
	 * @return whether there was none
	 */
	boolean create(Connection connection, ChannelName channel, String group, StartPosition start) throws SQLException {
		return Transactions.run(connection, () -> {
			boolean created;
			try (PreparedStatement statement = connection.prepareStatement(this.insert)) {
				statement.setString(1, channel.value());
				statement.setString(2, group);
				statement.setString(3, start.name().toLowerCase(Locale.ROOT));
				created = statement.executeUpdate() > 0;
			}
			if (created) {
				try (Statement statement = connection.createStatement()) {
					statement.execute(this.announceChange);
				}
			}
			return created;
		});
	}

	@Nullable Subscription find(Connection connection, ChannelName channel, String group) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.select)) {
			statement.setString(1, channel.value());
			statement.setString(2, group);
			try (ResultSet row = statement.executeQuery()) {
				return row.next() ? new Subscription(row.getInt(1), channel, group, row.getString(2)) : null;
			}
		}
	}

	/**
	 * Notes which transactions may not have seen the subscription: those below the
	 * barrier. After {@link #create} has committed, never with it.
	 */
	void setBarrier(Connection connection, int subscription) throws SQLException {
		update(connection, this.setBarrier, subscription);
	}

	/**
	 * Whether all of them have ended.
	 */
	boolean isBarrierPassed(Connection connection, int subscription) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.isBarrierPassed)) {
			statement.setInt(1, subscription);
			try (ResultSet row = statement.executeQuery()) {
				return !row.next() || row.getBoolean(1);
			}
		}
	}

	/**
	 * Adds the messages stored before, if it starts with them, and lets the subscription
	 * be consumed, all in a transaction of its own.
	 * @return how many messages were added; {@code -1} if somebody else did it
	 */
	int activate(Connection connection, int subscription) throws SQLException {
		return Transactions.run(connection, () -> {
			String start = lockStarting(connection, subscription);
			if (start == null) {
				return -1;
			}
			int added = 0;
			if (start.equals("earliest")) {
				this.lockRetention.await(connection);
				added = update(connection, this.addEarlier, subscription);
			}
			update(connection, this.activate, subscription);
			return added;
		});
	}

	private @Nullable String lockStarting(Connection connection, int subscription) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.lockStarting)) {
			statement.setInt(1, subscription);
			try (ResultSet row = statement.executeQuery()) {
				return row.next() ? row.getString(1) : null;
			}
		}
	}

	private static int update(Connection connection, String sql, int subscription) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setInt(1, subscription);
			return statement.executeUpdate();
		}
	}

	/**
	 * That a group gets every message of a channel.
	 *
	 * @param id its number
	 * @param channel the channel
	 * @param group the group
	 * @param state starting, active or removing
	 */
	record Subscription(int id, ChannelName channel, String group, String state) {

	}

}
