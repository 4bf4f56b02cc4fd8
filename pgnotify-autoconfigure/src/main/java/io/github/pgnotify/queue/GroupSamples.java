package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * How groups stand, for those who ask often and for little: only as many rows are counted
 * as make a difference, not more often than anybody can look, and whoever asks does not
 * wait for a database that does not answer.
 */
final class GroupSamples {

	/** So many of each kind are counted; where there are more, they are so many. */
	static final int MOST = 10_000;

	private static final Log logger = LogFactory.getLog(GroupSamples.class);

	private static final Duration FRESH = Duration.ofSeconds(10);

	private static final Duration PATIENCE = Duration.ofMillis(500);

	private static final int QUERY_TIMEOUT_SECONDS = 5;

	private final JdbcClient jdbc;

	private final String sql;

	private final Executor executor = DaemonThreads.one("pgnotify-queue-samples");

	private final AtomicBoolean sampling = new AtomicBoolean();

	private volatile Map<Key, GroupStatus> latest = Map.of();

	private volatile @Nullable Long sampledAt;

	GroupSamples(DataSource dataSource, SchemaName schema) {
		JdbcTemplate template = new JdbcTemplate(dataSource);
		template.setQueryTimeout(QUERY_TIMEOUT_SECONDS);
		this.jdbc = JdbcClient.create(template);
		// Each part reads the beginning of an index and stops. Of what is ready without a
		// key that is what is claimed first, so with one priority the oldest is among it
		this.sql = """
				SELECT
					subscription.channel, subscription.group_name, subscription.state, subscription.paused,
					least(ready.count + keyed.count, %2$d) AS ready, deferred.count AS deferred,
					leased.count AS leased, suspect.count AS suspect, letter.count AS dead,
					extract(epoch FROM clock_timestamp() - (
						SELECT created_at FROM %1$s.message WHERE id = least(ready.oldest, keyed.oldest))) AS oldest_age
				FROM unnest(?::text[], ?::text[]) AS wanted (channel, group_name)
				JOIN %1$s.subscription USING (channel, group_name)
				CROSS JOIN LATERAL (
					SELECT count(*), min(message_id) AS oldest
					FROM (SELECT message_id FROM %1$s.delivery
						WHERE subscription_id = subscription.id AND state = 'ready' AND key IS NULL
						ORDER BY priority DESC, message_id
						LIMIT %2$d) AS counted) AS ready
				CROSS JOIN LATERAL (
					SELECT count(*) FILTER (WHERE state = 'ready'), min(message_id) FILTER (WHERE state = 'ready') AS oldest
					FROM (SELECT message_id, state FROM %1$s.delivery
						WHERE subscription_id = subscription.id AND key IS NOT NULL
						ORDER BY key, message_id
						LIMIT %2$d) AS counted) AS keyed
				CROSS JOIN LATERAL (
					SELECT count(*)
					FROM (SELECT FROM %1$s.delivery
						WHERE subscription_id = subscription.id AND state = 'deferred'
							AND owner IS NULL AND leased_until IS NULL
						ORDER BY owner, leased_until, subscription_id, available_at
						LIMIT %2$d) AS counted) AS deferred
				CROSS JOIN LATERAL (
					SELECT count(*)
					FROM (SELECT FROM %1$s.delivery
						WHERE subscription_id = subscription.id AND state = 'leased' AND owner IS NOT NULL
						ORDER BY owner, leased_until
						LIMIT %2$d) AS counted) AS leased
				CROSS JOIN LATERAL (
					SELECT count(*)
					FROM (SELECT FROM %1$s.delivery
						WHERE subscription_id = subscription.id AND state = 'suspect'
							AND owner IS NULL AND leased_until IS NULL AND available_at IS NULL
						ORDER BY owner, leased_until, subscription_id, available_at, message_id
						LIMIT %2$d) AS counted) AS suspect
				CROSS JOIN LATERAL (
					SELECT count(*)
					FROM (SELECT FROM %1$s.dead_letter
						WHERE subscription_id = subscription.id
						ORDER BY id
						LIMIT %2$d) AS counted) AS letter
				"""
			.formatted(schema.quoted(), MOST);
	}

	/**
	 * The latest sample of a group, perhaps a new one.
	 */
	@Nullable GroupStatus find(List<GroupConsumer> consumers, ChannelName channel, String group) {
		Long last = this.sampledAt;
		if ((last == null || System.nanoTime() - last >= FRESH.toNanos()) && this.sampling.compareAndSet(false, true)) {
			await(CompletableFuture.runAsync(() -> refresh(consumers), this.executor));
		}
		return this.latest.get(new Key(channel, group));
	}

	private static void await(CompletableFuture<Void> refreshed) {
		try {
			refreshed.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			logger.debug("The database takes long to say how groups stand; the next one who asks will know");
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException ex) {
			logger.error("Nobody knows how groups stand", ex.getCause());
		}
	}

	private void refresh(List<GroupConsumer> consumers) {
		try {
			this.latest = sample(consumers);
		}
		catch (DataAccessException ex) {
			this.latest = Map.of();
			logger.debug("The database does not say how groups stand", ex);
		}
		finally {
			this.sampledAt = System.nanoTime();
			this.sampling.set(false);
		}
	}

	/**
	 * Asks the database.
	 */
	private Map<Key, GroupStatus> sample(List<GroupConsumer> consumers) {
		Collection<Key> keys = consumers.stream()
			.flatMap((consumer) -> consumer.channels().stream().map((channel) -> new Key(channel, consumer.group())))
			.distinct()
			.toList();
		Map<Key, GroupStatus> found = new HashMap<>();
		this.jdbc.sql(this.sql)
			.param(keys.stream().map((key) -> key.channel().value()).toArray(String[]::new))
			.param(keys.stream().map(Key::group).toArray(String[]::new))
			.query((row, number) -> GroupTable.status(row))
			.list()
			.forEach((status) -> found.put(new Key(status.channel(), status.group()), status));
		return found;
	}

	private record Key(ChannelName channel, String group) {

	}

}
