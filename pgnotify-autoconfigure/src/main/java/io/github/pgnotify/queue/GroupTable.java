package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;

import io.github.pgnotify.ChannelName;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The statements that tell how groups stand, and stop and continue them.
 */
final class GroupTable {

	private final String groups;

	private final String pause;

	private final String blockedKeys;

	GroupTable(SchemaName schema) {
		String quoted = schema.quoted();
		this.groups = """
				SELECT
					subscription.channel, subscription.group_name, subscription.state, subscription.paused,
					coalesce(task.ready, 0) AS ready, coalesce(task.deferred, 0) AS deferred,
					coalesce(task.leased, 0) AS leased, coalesce(task.suspect, 0) AS suspect,
					coalesce(letter.dead, 0) AS dead,
					extract(epoch FROM clock_timestamp() - (
						SELECT created_at FROM %1$s.message WHERE id = task.oldest)) AS oldest_age
				FROM %1$s.subscription
				LEFT JOIN (
					SELECT
						subscription_id,
						count(*) FILTER (WHERE state = 'ready') AS ready,
						count(*) FILTER (WHERE state = 'deferred') AS deferred,
						count(*) FILTER (WHERE state = 'leased') AS leased,
						count(*) FILTER (WHERE state = 'suspect') AS suspect,
						min(message_id) FILTER (WHERE state = 'ready') AS oldest
					FROM %1$s.delivery
					GROUP BY subscription_id
				) AS task ON task.subscription_id = subscription.id
				LEFT JOIN (
					SELECT subscription_id, count(*) AS dead
					FROM %1$s.dead_letter
					GROUP BY subscription_id
				) AS letter ON letter.subscription_id = subscription.id
				ORDER BY subscription.channel, subscription.group_name
				""".formatted(quoted);
		this.pause = """
				UPDATE %s.subscription
				SET paused = ?
				WHERE channel = ? AND group_name = ? AND state <> 'removing'
				""".formatted(quoted);
		// What is leased holds its key though it may not be the first of it: then it was
		// committed before the first
		this.blockedKeys = """
				SELECT
					holder.key, holder.message_id, holder.state,
					(SELECT created_at FROM %1$s.message WHERE id = holder.message_id) AS created_at,
					coalesce(holder.available_at, holder.leased_until) AS until,
					(SELECT count(*) - 1
						FROM %1$s.delivery AS waiting
						WHERE waiting.subscription_id = holder.subscription_id
							AND waiting.key = holder.key
							AND waiting.key IS NOT NULL) AS waiting
				FROM %1$s.delivery AS holder
				JOIN %1$s.subscription ON subscription.id = holder.subscription_id
				WHERE subscription.channel = ? AND subscription.group_name = ?
					AND holder.key IS NOT NULL
					AND (holder.state = 'leased'
						OR holder.state IN ('deferred', 'suspect')
							AND NOT EXISTS (
								SELECT FROM %1$s.delivery AS other
								WHERE other.subscription_id = holder.subscription_id
									AND other.key = holder.key
									AND other.key IS NOT NULL
									AND (other.message_id < holder.message_id OR other.state = 'leased')))
				ORDER BY waiting DESC, holder.key
				LIMIT ?
				""".formatted(quoted);
	}

	List<GroupStatus> groups(JdbcClient jdbc) {
		return jdbc.sql(this.groups).query((row, number) -> status(row)).list();
	}

	/**
	 * Stops or continues a group.
	 * @return whether there is such a group
	 */
	boolean pause(Connection connection, ChannelName channel, String group, boolean paused) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.pause)) {
			statement.setBoolean(1, paused);
			statement.setString(2, channel.value());
			statement.setString(3, group);
			return statement.executeUpdate() > 0;
		}
	}

	List<BlockedKey> blockedKeys(JdbcClient jdbc, ChannelName channel, String group, int limit) {
		return jdbc.sql(this.blockedKeys)
			.param(channel.value())
			.param(group)
			.param(limit)
			.query((row, number) -> blockedKey(row))
			.list();
	}

	static GroupStatus status(ResultSet row) throws SQLException {
		double age = row.getDouble("oldest_age");
		Duration oldest = row.wasNull() ? null : Duration.ofNanos((long) (Math.max(age, 0) * 1e9));
		return new GroupStatus(new ChannelName(row.getString("channel")), row.getString("group_name"),
				GroupStatus.State.valueOf(upper(row.getString("state"))), row.getBoolean("paused"),
				row.getLong("ready"), row.getLong("deferred"), row.getLong("leased"), row.getLong("suspect"),
				row.getLong("dead"), oldest);
	}

	private static BlockedKey blockedKey(ResultSet row) throws SQLException {
		return new BlockedKey(row.getString("key"), row.getLong("message_id"),
				BlockedKey.State.valueOf(upper(row.getString("state"))),
				row.getObject("created_at", OffsetDateTime.class), row.getObject("until", OffsetDateTime.class),
				row.getLong("waiting"));
	}

	private static String upper(String state) {
		return state.toUpperCase(Locale.ROOT);
	}

}
