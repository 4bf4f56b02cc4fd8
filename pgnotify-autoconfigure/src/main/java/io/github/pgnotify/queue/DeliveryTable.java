package io.github.pgnotify.queue;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The statements that end, give back and renew deliveries that are leased. Each is one
 * statement on the database's clock, guarded by lease and token: what it does not return
 * was not ours any more.
 * <p>
 * They find rows by the primary key whatever the planner believes: ids are a condition of
 * their own, and what is leased is told by {@code leased_until}, since by the state an
 * index would offer itself in which is all that anybody has leased.
 */
final class DeliveryTable {

	private final String acknowledge;

	private final String acknowledgeAnywhere;

	private final String retry;

	private final String deadLetter;

	private final String buryAcknowledged;

	private final String release;

	private final String renew;

	private final String extend;

	private final String discard;

	DeliveryTable(SchemaName schema) {
		String quoted = schema.quoted();
		this.acknowledge = acknowledge(schema);
		this.acknowledgeAnywhere = "SELECT %s.acknowledge(?, ?, ?)".formatted(quoted);
		this.retry = """
				UPDATE %s.delivery
				SET state = 'deferred',
					available_at = clock_timestamp() + failed.delay * interval '1 millisecond',
					attempts = least(delivery.attempts + failed.counted, 32767),
					errors = CASE WHEN jsonb_array_length(delivery.errors) >= 100 THEN delivery.errors - 0
						ELSE coalesce(delivery.errors, '[]') END || failed.error::jsonb,
					owner = NULL,
					leased_until = NULL
				FROM unnest(?, ?, ?, ?, ?) AS failed (message_id, token, delay, counted, error)
				WHERE delivery.subscription_id = ?
					AND delivery.message_id = ANY (?)
					AND delivery.message_id = failed.message_id
					AND delivery.token = failed.token
					AND delivery.leased_until IS NOT NULL
				RETURNING delivery.message_id
				""".formatted(quoted);
		this.deadLetter = """
				WITH dead AS (
					DELETE FROM %1$s.delivery
					USING unnest(?, ?, ?, ?, ?) AS failed (message_id, token, reason, counted, error)
					WHERE delivery.subscription_id = ?
						AND delivery.message_id = ANY (?)
						AND delivery.message_id = failed.message_id
						AND delivery.token = failed.token
						AND delivery.leased_until IS NOT NULL
					RETURNING delivery.message_id, delivery.subscription_id, failed.reason,
						least(delivery.attempts + failed.counted, 32767) AS attempts, delivery.token,
						coalesce(delivery.errors, '[]') || failed.error::jsonb AS errors
				)
				INSERT INTO %1$s.dead_letter (message_id, subscription_id, reason, attempts, token, errors)
				SELECT message_id, subscription_id, reason, attempts, token, errors
				FROM dead
				WHERE EXISTS (SELECT FROM %1$s.message WHERE message.id = dead.message_id)
				RETURNING message_id
				""".formatted(quoted);
		this.buryAcknowledged = """
				INSERT INTO %1$s.dead_letter (message_id, subscription_id, reason, attempts, token, errors)
				SELECT message_id, subscription.id, reason, least(attempts, 32767), token, error::jsonb
				FROM %1$s.subscription
				CROSS JOIN unnest(?, ?, ?, ?, ?) AS failed (message_id, token, reason, attempts, error)
				WHERE subscription.id = ?
					AND EXISTS (SELECT FROM %1$s.message WHERE message.id = failed.message_id)
				ON CONFLICT DO NOTHING
				RETURNING message_id
				""".formatted(quoted);
		this.release = """
				UPDATE %s.delivery
				SET state = CASE WHEN released.counted > 0 THEN 'suspect' ELSE 'ready' END,
					attempts = delivery.attempts - released.counted,
					owner = NULL,
					leased_until = NULL
				FROM unnest(?, ?, ?) AS released (message_id, token, counted)
				WHERE delivery.subscription_id = ?
					AND delivery.message_id = ANY (?)
					AND delivery.message_id = released.message_id
					AND delivery.token = released.token
					AND delivery.leased_until IS NOT NULL
				RETURNING delivery.message_id
				""".formatted(quoted);
		// A row that is locked is being ended by a handler's transaction, and not lost
		this.renew = """
				WITH held AS MATERIALIZED (
					SELECT message_id, token FROM unnest(?, ?) AS held (message_id, token)
				), renewed AS (
					UPDATE %1$s.delivery
					SET leased_until = greatest(leased_until, clock_timestamp() + ? * interval '1 millisecond'),
						owner = ?
					WHERE subscription_id = ?
						AND message_id = ANY (ARRAY(
							SELECT delivery.message_id
							FROM %1$s.delivery
							JOIN held USING (message_id, token)
							WHERE delivery.subscription_id = ?
								AND delivery.message_id = ANY (?)
								AND delivery.leased_until IS NOT NULL
							FOR NO KEY UPDATE OF delivery SKIP LOCKED))
				)
				SELECT held.message_id
				FROM held
				LEFT JOIN (
					SELECT message_id, token
					FROM %1$s.delivery
					WHERE subscription_id = ? AND message_id = ANY (?) AND leased_until IS NOT NULL
					OFFSET 0
				) AS delivery USING (message_id, token)
				WHERE delivery.message_id IS NULL
				""".formatted(quoted);
		// A row that is locked is being taken
		this.extend = """
				UPDATE %1$s.delivery
				SET leased_until = greatest(leased_until, clock_timestamp() + ? * interval '1 millisecond'),
					owner = ?
				WHERE subscription_id = ?
					AND message_id = ANY (ARRAY(
						SELECT message_id
						FROM %1$s.delivery
						WHERE subscription_id = ? AND message_id = ? AND token = ? AND leased_until IS NOT NULL
						FOR NO KEY UPDATE SKIP LOCKED))
				""".formatted(quoted);
		this.discard = """
				DELETE FROM %1$s.delivery
				WHERE subscription_id = ?
					AND message_id = ANY (?)
					AND NOT EXISTS (SELECT FROM %1$s.message WHERE message.id = delivery.message_id)
				""".formatted(quoted);
	}

	/**
	 * The statement that ends deliveries that are done, in a session whose plans are made
	 * for full tables.
	 */
	static String acknowledge(SchemaName schema) {
		return """
				DELETE FROM %s.delivery
				WHERE message_id = ANY (?)
					AND subscription_id = ?
					AND token = (?::bigint[])[array_position(?::bigint[], message_id)]
					AND leased_until IS NOT NULL
				RETURNING message_id""".formatted(schema.quoted());
	}

	/**
	 * Sets the parameters of {@link #acknowledge(SchemaName)}.
	 * @return how many
	 */
	static int bindAcknowledge(PreparedStatement statement, int subscription, Collection<LeasedDelivery> done)
			throws SQLException {
		long[] ids = ids(done);
		statement.setObject(1, ids);
		statement.setInt(2, subscription);
		statement.setObject(3, tokens(done));
		statement.setObject(4, ids);
		return 4;
	}

	/**
	 * Ends deliveries that are done, in the queue's session.
	 * @return the messages of those that were ours
	 */
	Set<Long> acknowledge(Connection connection, int subscription, Collection<LeasedDelivery> done)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.acknowledge)) {
			bindAcknowledge(statement, subscription, done);
			return messages(statement);
		}
	}

	/**
	 * The same in any session.
	 * @return how many of them were ours
	 */
	int acknowledgeAnywhere(Connection connection, int subscription, Collection<LeasedDelivery> done)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.acknowledgeAnywhere)) {
			statement.setInt(1, subscription);
			statement.setObject(2, ids(done));
			statement.setObject(3, tokens(done));
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return row.getInt(1);
			}
		}
	}

	/**
	 * Gives back deliveries that failed, to be tried again later.
	 * @return the messages of those that were ours
	 */
	Set<Long> retry(Connection connection, int subscription, List<Failure> failures) throws SQLException {
		return execute(connection, this.retry, subscription, failures, connection.createArrayOf("bigint",
				failures.stream().map((failure) -> failure.delay().toMillis()).toArray()));
	}

	/**
	 * Ends deliveries that failed for good, and keeps what is known of them.
	 * @return the messages of those that were ours
	 */
	Set<Long> deadLetter(Connection connection, int subscription, List<Failure> failures) throws SQLException {
		return execute(connection, this.deadLetter, subscription, failures, reasons(connection, failures));
	}

	/**
	 * Executes what becomes of failures.
	 * @param verdicts what each statement needs to know of them besides
	 */
	private static Set<Long> execute(Connection connection, String sql, int subscription, List<Failure> failures,
			Array verdicts) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			Collection<LeasedDelivery> deliveries = deliveries(failures);
			statement.setObject(1, ids(deliveries));
			statement.setObject(2, tokens(deliveries));
			statement.setArray(3, verdicts);
			statement.setArray(4, toBeCounted(connection, deliveries));
			statement.setArray(5, errors(connection, failures));
			statement.setInt(6, subscription);
			statement.setObject(7, ids(deliveries));
			return messages(statement);
		}
	}

	/**
	 * Keeps what is known of deliveries that were acknowledged before they failed.
	 * @return their messages
	 */
	Set<Long> buryAcknowledged(Connection connection, int subscription, List<Failure> failures) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.buryAcknowledged)) {
			Collection<LeasedDelivery> deliveries = deliveries(failures);
			statement.setObject(1, ids(deliveries));
			statement.setObject(2, tokens(deliveries));
			statement.setArray(3, reasons(connection, failures));
			statement.setArray(4,
					connection.createArrayOf("int", deliveries.stream().map(LeasedDelivery::attempt).toArray()));
			statement.setArray(5, errors(connection, failures));
			statement.setInt(6, subscription);
			return messages(statement);
		}
	}

	/**
	 * Gives back deliveries that were not handled, as if they had never been claimed.
	 */
	Set<Long> release(Connection connection, int subscription, Collection<LeasedDelivery> unhandled)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.release)) {
			statement.setObject(1, ids(unhandled));
			statement.setObject(2, tokens(unhandled));
			statement.setArray(3, connection.createArrayOf("int",
					unhandled.stream().map((delivery) -> delivery.isSuspect() ? 1 : 0).toArray()));
			statement.setInt(4, subscription);
			statement.setObject(5, ids(unhandled));
			return messages(statement);
		}
	}

	/**
	 * Renews leases, and takes them over from an earlier connection of ours.
	 * @return the messages of those that are not ours any more
	 */
	Set<Long> renew(Connection connection, int subscription, int owner, Duration lease, Collection<LeasedDelivery> held)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.renew)) {
			statement.setObject(1, ids(held));
			statement.setObject(2, tokens(held));
			statement.setLong(3, lease.toMillis());
			statement.setInt(4, owner);
			statement.setInt(5, subscription);
			statement.setInt(6, subscription);
			statement.setObject(7, ids(held));
			statement.setInt(8, subscription);
			statement.setObject(9, ids(held));
			return messages(statement);
		}
	}

	/**
	 * Makes sure of one lease.
	 * @return whether it is ours for as long
	 */
	boolean extend(Connection connection, int subscription, int owner, Duration duration, LeasedDelivery held)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.extend)) {
			statement.setLong(1, duration.toMillis());
			statement.setInt(2, owner);
			statement.setInt(3, subscription);
			statement.setInt(4, subscription);
			statement.setLong(5, held.messageId());
			statement.setLong(6, held.token());
			return statement.executeUpdate() > 0;
		}
	}

	/**
	 * Ends deliveries whose message is gone.
	 */
	void discard(Connection connection, int subscription, List<Long> messages) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.discard)) {
			statement.setInt(1, subscription);
			statement.setArray(2, connection.createArrayOf("bigint", messages.toArray()));
			statement.executeUpdate();
		}
	}

	private static Set<Long> messages(PreparedStatement statement) throws SQLException {
		return messages(statement.executeQuery());
	}

	/**
	 * Reads and closes a result of ids.
	 */
	static Set<Long> messages(ResultSet result) throws SQLException {
		Set<Long> messages = new HashSet<>();
		try (ResultSet rows = result) {
			while (rows.next()) {
				messages.add(rows.getLong(1));
			}
		}
		return messages;
	}

	private static Collection<LeasedDelivery> deliveries(List<Failure> failures) {
		List<LeasedDelivery> deliveries = new ArrayList<>(failures.size());
		failures.forEach((failure) -> deliveries.add(failure.delivery()));
		return deliveries;
	}

	/** The driver sends an array of numbers as such, and one of objects as text. */
	private static long[] ids(Collection<LeasedDelivery> deliveries) {
		return deliveries.stream().mapToLong(LeasedDelivery::messageId).toArray();
	}

	private static long[] tokens(Collection<LeasedDelivery> deliveries) {
		return deliveries.stream().mapToLong(LeasedDelivery::token).toArray();
	}

	/** The attempt at a suspect delivery was counted when it was claimed. */
	private static Array toBeCounted(Connection connection, Collection<LeasedDelivery> deliveries) throws SQLException {
		return connection.createArrayOf("int",
				deliveries.stream().map((delivery) -> delivery.isSuspect() ? 0 : 1).toArray());
	}

	private static Array reasons(Connection connection, List<Failure> failures) throws SQLException {
		return connection.createArrayOf("text", failures.stream().map((failure) -> failure.reason().text()).toArray());
	}

	private static Array errors(Connection connection, List<Failure> failures) throws SQLException {
		return connection.createArrayOf("text", failures.stream().map(Failure::error).toArray());
	}

	/**
	 * That a delivery failed.
	 *
	 * @param delivery which
	 * @param delay how long to wait before the next attempt
	 * @param reason why there is none
	 * @param error what happened, a JSON object
	 */
	record Failure(LeasedDelivery delivery, Duration delay, DeadLetter.Reason reason, @Nullable String error) {

	}

}
