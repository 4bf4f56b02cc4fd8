package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The statements on the table {@code instance}: which processes consume, which of them
 * have died, and what becomes of their deliveries.
 */
final class InstanceTable {

	private final String lockName;

	private final String register;

	private final String heartbeat;

	private final String failing;

	private final String reclaimOfDead;

	private final String reclaimExpired;

	private final String deleteGone;

	private final String unregister;

	InstanceTable(SchemaName schema) {
		String quoted = schema.quoted();
		this.lockName = schema.value() + ".instance.";
		this.register = """
				WITH registered AS (
					INSERT INTO %s.instance (name) VALUES (?) RETURNING id
				)
				SELECT id, pg_advisory_lock(hashtextextended(? || id, 0)) FROM registered
				""".formatted(quoted);
		this.heartbeat = "UPDATE %s.instance SET heartbeat_at = clock_timestamp() WHERE id = ?".formatted(quoted);
		this.failing = """
				SELECT
					instance.id,
					instance.heartbeat_at < clock_timestamp() - ? * interval '1 millisecond' AND instance.id <> ? AS silent,
					leases.first < clock_timestamp() AS expired
				FROM %1$s.instance
				CROSS JOIN LATERAL (
					SELECT leased_until AS first
					FROM %1$s.delivery
					WHERE owner = instance.id AND state = 'leased'
					ORDER BY owner, leased_until
					LIMIT 1
				) AS leases
				"""
			.formatted(quoted);
		String suspect = """
				UPDATE %1$s.delivery
				SET state = 'suspect', owner = NULL, leased_until = NULL
				WHERE (message_id, subscription_id) IN (
					SELECT message_id, subscription_id
					FROM %1$s.delivery
					WHERE owner = ? AND state = 'leased' AND %2$s
					FOR UPDATE SKIP LOCKED)
				RETURNING subscription_id
				""";
		// The lock is free when the owner's connection is closed, and is ours until this
		// transaction ends
		this.reclaimOfDead = """
				WITH alone AS MATERIALIZED (
					SELECT pg_try_advisory_xact_lock(hashtextextended(? || ?, 0)) AS alone
				), reclaimed AS (
				""" + suspect.formatted(quoted, "(SELECT alone FROM alone)") + """
				)
				SELECT channel, count(*) AS deliveries
				FROM reclaimed
				JOIN %s.subscription ON subscription.id = reclaimed.subscription_id
				GROUP BY channel
				""".formatted(quoted);
		this.reclaimExpired = """
				WITH reclaimed AS (
				""" + suspect.formatted(quoted, "leased_until < clock_timestamp()") + """
				)
				SELECT channel, count(*) AS deliveries
				FROM reclaimed
				JOIN %s.subscription ON subscription.id = reclaimed.subscription_id
				GROUP BY channel
				""".formatted(quoted);
		this.deleteGone = """
				DELETE FROM %1$s.instance
				WHERE heartbeat_at < clock_timestamp() - interval '1 minute'
					AND (SELECT owner FROM %1$s.delivery WHERE owner = instance.id AND state = 'leased' LIMIT 1) IS NULL
					AND pg_try_advisory_xact_lock(hashtextextended(? || id, 0))
				""".formatted(quoted);
		// What it has leased nevertheless is found by its row
		this.unregister = """
				DELETE FROM %1$s.instance
				WHERE id = ? AND NOT EXISTS (SELECT FROM %1$s.delivery WHERE owner = instance.id AND state = 'leased')
				""".formatted(quoted);
	}

	/**
	 * Makes this session an instance, for as long as it is connected.
	 * @return its id
	 */
	int register(Connection connection, String name) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.register)) {
			statement.setString(1, name);
			statement.setString(2, this.lockName);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return row.getInt(1);
			}
		}
	}

	void heartbeat(Connection connection, int id) throws SQLException {
		update(connection, this.heartbeat, id);
	}

	void unregister(Connection connection, int id) throws SQLException {
		update(connection, this.unregister, id);
	}

	/**
	 * Finds instances with leases that have not been heard of for a while, or whose
	 * leases are over.
	 * @param self id of this instance, which is not silent
	 */
	List<Failing> failing(Connection connection, int self, Duration silence) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.failing)) {
			statement.setLong(1, silence.toMillis());
			statement.setInt(2, self);
			List<Failing> failing = new ArrayList<>();
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					boolean silent = rows.getBoolean(2);
					boolean expired = rows.getBoolean(3);
					if (silent || expired) {
						failing.add(new Failing(rows.getInt(1), silent, expired));
					}
				}
			}
			return failing;
		}
	}

	/**
	 * Takes the deliveries of a silent instance, unless it still is connected.
	 * @return on which channels there were any
	 */
	Reclaimed reclaimOfDead(Connection connection, int id) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.reclaimOfDead)) {
			statement.setString(1, this.lockName);
			statement.setInt(2, id);
			statement.setInt(3, id);
			return reclaimed(statement);
		}
	}

	/**
	 * Takes the deliveries of an instance whose leases are over.
	 * @return on which channels there were any
	 */
	Reclaimed reclaimExpired(Connection connection, int id) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.reclaimExpired)) {
			statement.setInt(1, id);
			return reclaimed(statement);
		}
	}

	/**
	 * Forgets instances that are gone.
	 */
	void deleteGone(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.deleteGone)) {
			statement.setString(1, this.lockName);
			statement.executeUpdate();
		}
	}

	private static Reclaimed reclaimed(PreparedStatement statement) throws SQLException {
		Set<String> channels = new TreeSet<>();
		int deliveries = 0;
		try (ResultSet rows = statement.executeQuery()) {
			while (rows.next()) {
				channels.add(rows.getString(1));
				deliveries += rows.getInt(2);
			}
		}
		return new Reclaimed(channels, deliveries);
	}

	private static void update(Connection connection, String sql, int id) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setInt(1, id);
			statement.executeUpdate();
		}
	}

	/**
	 * An instance that has leases and may be dead.
	 *
	 * @param id its id
	 * @param silent whether it has not been heard of
	 * @param expired whether some of its leases are over
	 */
	record Failing(int id, boolean silent, boolean expired) {

	}

	/**
	 * What was taken from an instance.
	 *
	 * @param channels on which channels
	 * @param deliveries how many deliveries
	 */
	record Reclaimed(Set<String> channels, int deliveries) {

	}

}
