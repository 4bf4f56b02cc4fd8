package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgnotify.ChannelName;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Tells other processes that there are messages: a hint, sent at once and then every few
 * milliseconds at most, however many messages there are. Filled by any thread, sent by
 * that of the queue.
 */
final class WakeUps {

	/**
	 * Where the names of channels are sent that have messages.
	 */
	static final ChannelName CHANNEL = new ChannelName(ChannelName.RESERVED_PREFIX + "queue");

	private static final Log logger = LogFactory.getLog(WakeUps.class);

	private static final Duration INTERVAL = Duration.ofMillis(5);

	/** {@code insufficient_privilege}. */
	private static final String NOT_PERMITTED = "42501";

	/** A hint need not outlive a crash: its commit waits for no disk. */
	private static final String SEND = """
			SELECT set_config('synchronous_commit', 'off', true), pg_notify(?, channel)
			FROM unnest(?) AS channel""";

	private final String hearsAnybody;

	private final Set<String> pending = ConcurrentHashMap.newKeySet();

	private final Set<String> known = ConcurrentHashMap.newKeySet();

	private long nextAt = System.nanoTime();

	WakeUps(SchemaName schema) {
		this.hearsAnybody = """
				SELECT
					EXISTS (SELECT FROM %1$s.subscription WHERE channel = wanted.channel)
						OR coalesce((
							SELECT announce FROM %1$s.message
							WHERE channel = wanted.channel
							ORDER BY id DESC
							LIMIT 1), true)
				FROM (VALUES (?)) AS wanted (channel)
				""".formatted(schema.quoted());
	}

	void add(String channel) {
		this.pending.add(channel);
	}

	boolean isEmpty() {
		return this.pending.isEmpty();
	}

	/**
	 * When the next may be sent.
	 */
	long nextAt() {
		return this.nextAt;
	}

	/**
	 * Sends what is due.
	 */
	void send(Connection connection) throws SQLException {
		if (this.pending.isEmpty() || System.nanoTime() - this.nextAt < 0) {
			return;
		}
		List<String> channels = new ArrayList<>(this.pending);
		channels.forEach(this.pending::remove);
		try (PreparedStatement statement = connection.prepareStatement(SEND)) {
			statement.setString(1, CHANNEL.value());
			statement.setArray(2, connection.createArrayOf("text", channels.toArray()));
			statement.execute();
		}
		catch (SQLException ex) {
			this.pending.addAll(channels);
			throw ex;
		}
		this.nextAt = System.nanoTime() + INTERVAL.toNanos();
		for (String channel : channels) {
			if (this.known.add(channel)) {
				warnIfNobodyHears(connection, channel);
			}
		}
	}

	private void warnIfNobodyHears(Connection connection, String channel) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.hearsAnybody)) {
			statement.setString(1, channel);
			try (ResultSet row = statement.executeQuery()) {
				if (row.next() && !row.getBoolean(1)) {
					logger.warn("Messages on channel '" + channel + "' are stored, but nobody hears of them "
							+ "except through a gateway: there is no group for the channel, and they are not announced. Write @PgListener(channels = \""
							+ channel + "\", group = \"...\"), or announce them with OutgoingMessage.announce() or "
							+ "pgnotify.queue.announce=true (said once for each channel)");
				}
			}
		}
		catch (SQLException ex) {
			// A producer need not have the right to see who consumes
			if (!NOT_PERMITTED.equals(ex.getSQLState())) {
				throw ex;
			}
		}
	}

}
