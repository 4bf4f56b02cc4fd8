package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The statements that claim deliveries: lease them and raise their tokens. They skip what
 * others are just claiming, and claim nothing of a subscription that is not active or is
 * paused.
 */
final class ClaimStatements {

	private static final String ACTIVE = """
			EXISTS (
				SELECT FROM %1$s.subscription
				WHERE subscription.id = ? AND subscription.state = 'active' AND NOT subscription.paused)""";

	private static final String LEASE = """
			state = 'leased', token = delivery.token + 1, owner = ?, available_at = NULL,
			leased_until = clock_timestamp() + ? * interval '1 millisecond'""";

	private static final String CLAIMED = """
			delivery.message_id, delivery.token, delivery.attempts""";

	/** The first columns of all that is claimed, in the order in which they are read. */
	private static final String MESSAGE = """
			claimed.message_id, claimed.token, claimed.attempts,
			message.id, message.key, message.headers::text, message.created_at,
			extract(epoch FROM message.expires_at - clock_timestamp())::float8,
			size.large, CASE WHEN NOT size.large THEN message.data::text END""";

	/** The column after those of {@link #MESSAGE}. */
	private static final int REST = 11;

	/** What is stored may be compressed, and be much larger than it looks. */
	private static final String JOIN_MESSAGE = """
			claimed LEFT JOIN (
				%1$s.message CROSS JOIN LATERAL (
					SELECT CASE
						WHEN message.data IS NULL THEN false
						WHEN pg_column_size(message.data) > ? THEN true
						WHEN pg_column_size(message.data) > 300 THEN octet_length(message.data::text) > ?
						ELSE false END AS large) AS size
			) ON message.id = claimed.message_id""";

	private final String ready;

	private final String readyAfterAcknowledging;

	private final String keyed;

	private final String suspect;

	private final String promote;

	ClaimStatements(SchemaName schema) {
		String quoted = schema.quoted();
		// Also tells what else there is, in the same round trip; one row without a
		// message
		// if nothing is ready
		this.ready = ("""
				WITH claimed AS (
					UPDATE %1$s.delivery SET\s""" + LEASE + """

				WHERE subscription_id = ?
					AND message_id = ANY (ARRAY(
						SELECT message_id
						FROM %1$s.delivery
						WHERE subscription_id = ? AND state = 'ready' AND key IS NULL AND\s""" + ACTIVE + """

						ORDER BY priority DESC, message_id
						LIMIT ?
						FOR UPDATE SKIP LOCKED))
				RETURNING delivery.priority,\s""" + CLAIMED + """

				)
				SELECT
				""" + MESSAGE + """
				, rest.due_in, rest.suspect, rest.keyed, rest.state
				FROM (
					SELECT
						(SELECT extract(epoch FROM available_at - clock_timestamp())::float8
							FROM %1$s.delivery
							WHERE subscription_id = ? AND state = 'deferred'
								AND owner IS NULL AND leased_until IS NULL
							ORDER BY owner, leased_until, subscription_id, available_at
							LIMIT 1) AS due_in,
						(SELECT message_id
							FROM %1$s.delivery
							WHERE subscription_id = ? AND state = 'suspect'
								AND owner IS NULL AND leased_until IS NULL AND available_at IS NULL
							ORDER BY owner, leased_until, subscription_id, available_at, message_id
							LIMIT 1) IS NOT NULL AS suspect,
						EXISTS (SELECT FROM %1$s.delivery
							WHERE subscription_id = ? AND key IS NOT NULL) AS keyed,
						(SELECT state FROM %1$s.subscription WHERE id = ?) AS state
				) AS rest
				LEFT JOIN (""" + JOIN_MESSAGE + """
				) ON true
				ORDER BY claimed.priority DESC, claimed.message_id
				""").formatted(quoted);
		this.readyAfterAcknowledging = DeliveryTable.acknowledge(schema) + ";\n" + this.ready;
		// The first of each key, from a certain key on, unless another of the key is
		// leased:
		// one that was committed earlier though its id is higher
		this.keyed = ("""
				WITH RECURSIVE head AS (
					(SELECT key, message_id, state
						FROM %1$s.delivery
						WHERE subscription_id = ? AND key IS NOT NULL AND key > ?
						ORDER BY key, message_id
						LIMIT 1)
					UNION ALL
					SELECT next.key, next.message_id, next.state
						FROM head
						CROSS JOIN LATERAL (
							SELECT key, message_id, state
							FROM %1$s.delivery
							WHERE subscription_id = ? AND key IS NOT NULL AND key > head.key
							ORDER BY key, message_id
							LIMIT 1) AS next
				), seen AS MATERIALIZED (
					SELECT * FROM head LIMIT ?
				), claimed AS (
					UPDATE %1$s.delivery SET\s""" + LEASE + """

				WHERE subscription_id = ?
					AND message_id = ANY (ARRAY(
						SELECT delivery.message_id
						FROM %1$s.delivery
						WHERE delivery.subscription_id = ?
							AND delivery.state = 'ready'
							AND delivery.message_id = ANY (ARRAY(
								SELECT seen.message_id
								FROM seen
								WHERE seen.state = 'ready'
									AND NOT EXISTS (
										SELECT FROM %1$s.delivery AS leased
										WHERE leased.subscription_id = ?
											AND leased.key = seen.key
											AND leased.key IS NOT NULL
											AND leased.state = 'leased')
								ORDER BY seen.key
								LIMIT ?))
							AND\s""" + ACTIVE + """

						FOR UPDATE SKIP LOCKED))
				RETURNING\s""" + CLAIMED + """

				)
				SELECT
				""" + MESSAGE + """
				, rest.last, rest.seen
				FROM (SELECT max(key) AS last, count(*) AS seen FROM seen) AS rest
				LEFT JOIN (""" + JOIN_MESSAGE + """
				) ON true
				ORDER BY claimed.message_id
				""").formatted(quoted);
		// One, and its attempt is counted at once: it may kill this process too
		this.suspect = ("""
				WITH claimed AS (
					UPDATE %1$s.delivery SET attempts = least(delivery.attempts + 1, 32767),\s""" + LEASE + """

				WHERE subscription_id = ?
					AND message_id = ANY (ARRAY(
						SELECT message_id
						FROM %1$s.delivery AS candidate
						WHERE subscription_id = ? AND state = 'suspect'
							AND owner IS NULL AND leased_until IS NULL AND available_at IS NULL
							AND NOT EXISTS (
								SELECT FROM %1$s.delivery AS other
								WHERE other.subscription_id = candidate.subscription_id
									AND other.key = candidate.key
									AND other.key IS NOT NULL
									AND (other.message_id < candidate.message_id OR other.state = 'leased'))
							AND\s""" + ACTIVE + """

						ORDER BY owner, leased_until, subscription_id, available_at, message_id
						LIMIT 1
						FOR UPDATE SKIP LOCKED))
				RETURNING\s""" + CLAIMED + """

				)
				SELECT
				""" + MESSAGE + """

				FROM\s""" + JOIN_MESSAGE).formatted(quoted);
		this.promote = """
				UPDATE %1$s.delivery
				SET state = 'ready', available_at = NULL
				WHERE subscription_id = ?
					AND message_id = ANY (ARRAY(
						SELECT message_id
						FROM %1$s.delivery
						WHERE subscription_id = ? AND state = 'deferred' AND available_at <= now()
							AND owner IS NULL AND leased_until IS NULL
						ORDER BY owner, leased_until, subscription_id, available_at
						LIMIT 1000
						FOR UPDATE SKIP LOCKED))
				""".formatted(quoted);
	}

	/**
	 * Claims deliveries without a key, in order of priority and age.
	 * @param done deliveries of the same subscription to be acknowledged before, in the
	 * same transaction and round trip; may be empty
	 */
	Ready claimReady(Connection connection, Claim claim, List<LeasedDelivery> done) throws SQLException {
		String sql = done.isEmpty() ? this.ready : this.readyAfterAcknowledging;
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			int bound = done.isEmpty() ? 0 : DeliveryTable.bindAcknowledge(statement, claim.subscription(), done);
			Parameters parameters = new Parameters(statement, bound);
			parameters.lease(claim).integer(claim.subscription(), 3).integer(claim.limit(), 1);
			parameters.integer(claim.subscription(), 4).large(claim);
			statement.execute();
			Set<Long> acknowledged = Set.of();
			if (!done.isEmpty()) {
				acknowledged = DeliveryTable.messages(statement.getResultSet());
				statement.getMoreResults();
			}
			try (ResultSet rows = statement.getResultSet()) {
				rows.next();
				Duration due = seconds(rows, REST);
				boolean suspect = rows.getBoolean(REST + 1);
				boolean keyed = rows.getBoolean(REST + 2);
				String state = rows.getString(REST + 3);
				return new Ready(messages(rows), due, suspect, keyed, state, acknowledged);
			}
		}
	}

	/**
	 * Claims the first delivery of each of some keys.
	 * @param after the keys after this one
	 * @param see of how many keys to look at the first delivery
	 */
	Keyed claimKeyed(Connection connection, Claim claim, String after, int see) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.keyed)) {
			Parameters parameters = new Parameters(statement, 0);
			parameters.integer(claim.subscription(), 1).text(after).integer(claim.subscription(), 1).integer(see, 1);
			parameters.lease(claim)
				.integer(claim.subscription(), 3)
				.integer(claim.limit(), 1)
				.integer(claim.subscription(), 1)
				.large(claim);
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				String last = rows.getString(REST);
				boolean more = rows.getInt(REST + 1) == see;
				return new Keyed(messages(rows), (more && last != null) ? last : "");
			}
		}
	}

	/**
	 * Claims one delivery whose owner died with it.
	 */
	List<Claimed> claimSuspect(Connection connection, Claim claim) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.suspect)) {
			new Parameters(statement, 0).lease(claim).integer(claim.subscription(), 3).large(claim);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() ? messages(rows) : List.of();
			}
		}
	}

	/**
	 * Makes ready what was deferred and is due.
	 * @return how much that was
	 */
	int promote(Connection connection, int subscription) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.promote)) {
			new Parameters(statement, 0).integer(subscription, 2);
			return statement.executeUpdate();
		}
	}

	/**
	 * Reads from the current row on.
	 */
	private static List<Claimed> messages(ResultSet rows) throws SQLException {
		List<Claimed> claimed = new ArrayList<>();
		do {
			long messageId = rows.getLong(1);
			if (!rows.wasNull()) {
				rows.getLong(4);
				boolean gone = rows.wasNull();
				claimed.add(new Claimed(messageId, rows.getLong(2), rows.getInt(3), gone, rows.getString(5),
						rows.getString(6), rows.getObject(7, OffsetDateTime.class), seconds(rows, 8),
						rows.getBoolean(9), rows.getString(10)));
			}
		}
		while (rows.next());
		return claimed;
	}

	/** However far away: nobody keeps anything for a century. */
	private static @Nullable Duration seconds(ResultSet rows, int column) throws SQLException {
		double seconds = rows.getDouble(column);
		return rows.wasNull() ? null : Duration.ofMillis((long) (Math.min(Math.max(seconds, 0), 3e9) * 1000));
	}

	/**
	 * What to claim.
	 *
	 * @param subscription id of the subscription
	 * @param owner id of the instance
	 * @param lease for how long
	 * @param limit how many
	 * @param large bytes over which a payload is not fetched along
	 */
	record Claim(int subscription, int owner, Duration lease, int limit, int large) {

	}

	/**
	 * What was claimed, and what there is besides.
	 *
	 * @param messages what was claimed
	 * @param dueIn when the next deferred delivery is due; {@code null} if there is none
	 * @param suspect whether there are suspect deliveries
	 * @param keyed whether there are deliveries with a key
	 * @param state state of the subscription; {@code null} if there is none
	 * @param acknowledged the messages of those deliveries that were acknowledged before
	 */
	record Ready(List<Claimed> messages, @Nullable Duration dueIn, boolean suspect, boolean keyed,
			@Nullable String state, Set<Long> acknowledged) {

	}

	/**
	 * What was claimed of keys.
	 *
	 * @param messages what was claimed
	 * @param last the last key that was looked at, to go on after it; empty if there was
	 * none after it
	 */
	record Keyed(List<Claimed> messages, String last) {

	}

	/**
	 * Sets parameters one after the other.
	 */
	private static final class Parameters {

		private final PreparedStatement statement;

		private int index;

		/**
		 * Creates parameters.
		 * @param bound how many are set already
		 */
		Parameters(PreparedStatement statement, int bound) {
			this.statement = statement;
			this.index = bound;
		}

		Parameters integer(int value, int times) throws SQLException {
			for (int i = 0; i < times; i++) {
				this.statement.setInt(++this.index, value);
			}
			return this;
		}

		Parameters text(String value) throws SQLException {
			this.statement.setString(++this.index, value);
			return this;
		}

		Parameters lease(Claim claim) throws SQLException {
			this.statement.setInt(++this.index, claim.owner());
			this.statement.setLong(++this.index, claim.lease().toMillis());
			return this;
		}

		Parameters large(Claim claim) throws SQLException {
			return integer(claim.large(), 2);
		}

	}

}
