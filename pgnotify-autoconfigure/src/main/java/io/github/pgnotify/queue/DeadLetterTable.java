package io.github.pgnotify.queue;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.github.pgnotify.ChannelName;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The statements on the table {@code dead_letter} that administrators need.
 */
final class DeadLetterTable {

	/**
	 * Locked one after the other, so that two at a time cannot stop each other. The lock
	 * on the subscription makes sure that nothing is given back to a group whose removal
	 * has begun, and holds up nobody.
	 */
	private static final String REDRIVE = """
			WITH open AS MATERIALIZED (
				SELECT id, channel
				FROM %1$s.subscription
				WHERE state <> 'removing' AND %2$s
				FOR KEY SHARE
			), chosen AS MATERIALIZED (
				SELECT dead_letter.id, open.channel
				FROM %1$s.dead_letter
				JOIN open ON open.id = dead_letter.subscription_id
				WHERE %3$s
				ORDER BY dead_letter.id
				FOR UPDATE OF dead_letter
			), revived AS (
				DELETE FROM %1$s.dead_letter
				USING chosen
				WHERE dead_letter.id = chosen.id
				RETURNING dead_letter.message_id, dead_letter.subscription_id, dead_letter.token, dead_letter.errors,
					chosen.channel
			), given AS (
				INSERT INTO %1$s.delivery (message_id, subscription_id, token, priority, state, key, errors)
				SELECT revived.message_id, revived.subscription_id, revived.token, message.priority, 'ready',
					message.key, revived.errors
				FROM revived
				JOIN %1$s.message ON message.id = revived.message_id
				ON CONFLICT DO NOTHING
			)
			SELECT channel, count(*) FROM revived GROUP BY channel
			""";

	private final String list;

	private final String redrive;

	private final String redriveAll;

	private final String discard;

	private final String count;

	private final String discardAll;

	DeadLetterTable(SchemaName schema) {
		String quoted = schema.quoted();
		this.list = """
				SELECT
					dead_letter.id, dead_letter.message_id, message.data::text, message.headers::text, message.key,
					dead_letter.reason, dead_letter.attempts, dead_letter.errors::text, message.created_at,
					dead_letter.died_at
				FROM %1$s.dead_letter
				JOIN %1$s.subscription ON subscription.id = dead_letter.subscription_id
				JOIN %1$s.message ON message.id = dead_letter.message_id
				WHERE subscription.channel = ? AND subscription.group_name = ? AND dead_letter.id > ?
				ORDER BY dead_letter.id
				LIMIT ?
				""".formatted(quoted);
		this.redrive = REDRIVE.formatted(quoted,
				"id IN (SELECT subscription_id FROM %s.dead_letter WHERE id = ANY (?))".formatted(quoted),
				"dead_letter.id = ANY (?)");
		this.redriveAll = REDRIVE.formatted(quoted, "channel = ? AND group_name = ?", "true");
		this.discard = "DELETE FROM %s.dead_letter WHERE id = ANY (?)".formatted(quoted);
		this.count = "SELECT count(*) FROM %s.dead_letter".formatted(quoted);
		this.discardAll = """
				DELETE FROM %1$s.dead_letter
				USING %1$s.subscription
				WHERE subscription.id = dead_letter.subscription_id
					AND subscription.channel = ?
					AND subscription.group_name = ?
				""".formatted(quoted);
	}

	List<DeadLetter> list(JdbcClient jdbc, ChannelName channel, String group, long afterId, int limit) {
		return jdbc.sql(this.list)
			.param(channel.value())
			.param(group)
			.param(afterId)
			.param(limit)
			.query((row, number) -> deadLetter(row, channel, group))
			.list();
	}

	Redriven redrive(Connection connection, Collection<Long> ids) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.redrive)) {
			statement.setArray(1, array(connection, ids));
			statement.setArray(2, array(connection, ids));
			return redriven(statement);
		}
	}

	Redriven redriveAll(Connection connection, ChannelName channel, String group) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.redriveAll)) {
			statement.setString(1, channel.value());
			statement.setString(2, group);
			return redriven(statement);
		}
	}

	int discard(Connection connection, Collection<Long> ids) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.discard)) {
			statement.setArray(1, array(connection, ids));
			return statement.executeUpdate();
		}
	}

	int discardAll(Connection connection, ChannelName channel, String group) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.discardAll)) {
			statement.setString(1, channel.value());
			statement.setString(2, group);
			return statement.executeUpdate();
		}
	}

	/**
	 * How many there are of all groups.
	 */
	long count(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.count);
				ResultSet row = statement.executeQuery()) {
			row.next();
			return row.getLong(1);
		}
	}

	private static Redriven redriven(PreparedStatement statement) throws SQLException {
		Set<ChannelName> channels = new HashSet<>();
		int count = 0;
		try (ResultSet rows = statement.executeQuery()) {
			while (rows.next()) {
				channels.add(new ChannelName(rows.getString(1)));
				count += rows.getInt(2);
			}
		}
		return new Redriven(channels, count);
	}

	private static Array array(Connection connection, Collection<Long> ids) throws SQLException {
		return connection.createArrayOf("bigint", ids.toArray());
	}

	private static DeadLetter deadLetter(ResultSet row, ChannelName channel, String group) throws SQLException {
		return new DeadLetter(row.getLong("id"), row.getLong("message_id"), channel, group, row.getString("data"),
				Json.headers(row.getString("headers")), row.getString("key"),
				DeadLetter.Reason.valueOf(row.getString("reason").toUpperCase(Locale.ROOT)), row.getInt("attempts"),
				Json.errors(row.getString("errors")), row.getObject("created_at", OffsetDateTime.class),
				row.getObject("died_at", OffsetDateTime.class));
	}

	/**
	 * What was given back.
	 *
	 * @param channels on which channels
	 * @param count how many
	 */
	record Redriven(Set<ChannelName> channels, int count) {

	}

}
