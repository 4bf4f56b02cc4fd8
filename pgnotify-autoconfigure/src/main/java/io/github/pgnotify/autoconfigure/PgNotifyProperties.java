package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.List;

import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import io.github.pgnotify.tablechange.TriggerSettings;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.util.unit.DataSize;
import org.springframework.util.StringUtils;

/**
 * Configuration of pgnotify.
 *
 * @param enabled Whether pgnotify is on.
 * @param schema Schema of the stored messages. Must not change once it exists.
 * @param datasource Address of the listening connection.
 * @param listener Listening.
 * @param queue Stored messages.
 * @param flyway Creation of the schema.
 * @param triggers Table changes. Beside these settings, the triggers by their names.
 * @since 0.1.0
 */
@ConfigurationProperties("pgnotify")
public record PgNotifyProperties(@DefaultValue("true") boolean enabled, @DefaultValue("queue") String schema,
		@DefaultValue Datasource datasource, @DefaultValue Listener listener, @DefaultValue Queue queue,
		@DefaultValue Flyway flyway, @DefaultValue Triggers triggers) {

	/**
	 * Address of the listening connection, if it differs from that of the DataSource.
	 *
	 * @param url JDBC URL of the primary server, past a pooler. Derived from the
	 * DataSource if not set.
	 * @param username Role of the listening connection. That of the DataSource if not
	 * set.
	 * @param password Password of the role.
	 */
	public record Datasource(@Nullable String url, @Nullable String username, @Nullable String password) {

		public Datasource {
			url = textOrNull(url);
			username = textOrNull(username);
		}

		@Override
		public String toString() {
			return "Datasource[url=" + (this.url != null) + ", username=" + this.username + "]";
		}

	}

	/**
	 * Listening.
	 *
	 * @param autoStartup Whether to listen as soon as the application starts.
	 * @param startupFailurePolicy What to do if the database cannot be listened on when
	 * the application starts.
	 * @param startupTimeout How long the start waits for the first connection.
	 * @param heartbeatInterval How long nothing may arrive before a round trip to the
	 * server shows that it is still there.
	 * @param heartbeatTimeout How long that round trip may take before the connection is
	 * given up.
	 * @param loopbackInterval How often a notification to itself shows that notifications
	 * arrive. Up to PostgreSQL 18 it wakes every listener of the database.
	 * @param answerTimeout How long the server may take to answer while the connection is
	 * set up.
	 * @param lowLatency Whether to keep the driver from waiting 1 ms after each arrival.
	 * Has no effect if the connection has a socketFactory of its own. Over such sockets
	 * the driver hands out nothing of a stream in which no two notifications are 1 ms
	 * apart until it pauses, and a connection that does not pause in time is given up.
	 * @param shutdownGrace How long a stop waits for listeners to finish what has
	 * arrived.
	 * @param idleEventInterval How long nothing may arrive before an event says so. No
	 * event if not set.
	 * @param stuckAfter How long a listener may be busy with one notification before it
	 * is reported as stuck.
	 * @param reconnect Connecting again.
	 * @param capacity How much may wait for a listener.
	 * @param retry Trying again what a listener throws.
	 */
	public record Listener(@DefaultValue("true") boolean autoStartup,
			@DefaultValue("fail") StartupFailurePolicy startupFailurePolicy,
			@DefaultValue("30s") Duration startupTimeout, @DefaultValue("2s") Duration heartbeatInterval,
			@DefaultValue("1s") Duration heartbeatTimeout, @DefaultValue("60s") Duration loopbackInterval,
			@DefaultValue("5s") Duration answerTimeout, @DefaultValue("true") boolean lowLatency,
			@DefaultValue("20s") Duration shutdownGrace, @Nullable Duration idleEventInterval,
			@DefaultValue("30s") Duration stuckAfter, @DefaultValue Reconnect reconnect,
			@DefaultValue Capacity capacity, @DefaultValue Retry retry) {

		public Listener {
			requirePassing(startupTimeout, "startup-timeout");
			requirePassing(heartbeatInterval, "heartbeat-interval");
			requirePassing(heartbeatTimeout, "heartbeat-timeout");
			requirePassing(loopbackInterval, "loopback-interval");
			requirePassing(answerTimeout, "answer-timeout");
			requirePassing(stuckAfter, "stuck-after");
		}

	}

	/**
	 * Connecting again after the listening connection broke.
	 *
	 * @param initialDelay Longest wait before the first attempt. Doubles with every
	 * failed one; the second half of it is left to chance.
	 * @param maxDelay Longest wait before any attempt.
	 */
	public record Reconnect(@DefaultValue("100ms") Duration initialDelay, @DefaultValue("1500ms") Duration maxDelay) {

		public Reconnect {
			requirePassing(initialDelay, "reconnect.initial-delay");
			requirePassing(maxDelay, "reconnect.max-delay");
			if (initialDelay.compareTo(maxDelay) > 0) {
				throw new IllegalArgumentException(
						"pgnotify.listener.reconnect.initial-delay must not be longer than max-delay");
			}
		}

	}

	/**
	 * How much may wait for one listener.
	 *
	 * @param messages Most notifications that may wait for one listener.
	 * @param bytes Most memory that their payloads may take, about.
	 * @param overflow What to drop when it is full. It is announced with its exact count.
	 */
	public record Capacity(@DefaultValue("10000") int messages, @DefaultValue("16MB") DataSize bytes,
			@DefaultValue("drop-oldest") Overflow overflow) {

	}

	/**
	 * Trying again what a listener throws. It waits on the listener's thread, so that the
	 * order is kept.
	 *
	 * @param maxRetries How often to try again.
	 * @param delay Wait before the first retry.
	 * @param multiplier By how much the wait grows with every retry.
	 * @param maxDelay Longest wait.
	 */
	public record Retry(@DefaultValue("0") long maxRetries, @DefaultValue("100ms") Duration delay,
			@DefaultValue("2") double multiplier, @DefaultValue("10s") Duration maxDelay) {

	}

	/**
	 * Stored messages.
	 *
	 * @param enabled Whether messages can be stored. Without, no schema is needed.
	 * @param announce Whether stored messages are announced to live listeners, unless the
	 * sender says otherwise.
	 * @param lease For how long a message is leased to a listener. Renewed as long as the
	 * application lives.
	 * @param pollInterval How often to look for messages though nobody said that there
	 * are any. Every second while notifications do not arrive.
	 * @param prefetch How much is leased for a listener in advance.
	 * @param retry Trying again what a listener throws.
	 * @param retention For how long messages are kept that every group is done with.
	 * @param deadLetterRetention For how long dead letters are kept.
	 * @param shutdownGrace How long a stop waits for listeners to finish.
	 */
	public record Queue(@DefaultValue("true") boolean enabled, @DefaultValue("false") boolean announce,
			@DefaultValue("30s") Duration lease, @DefaultValue("5s") Duration pollInterval,
			@DefaultValue Prefetch prefetch, @DefaultValue QueueRetry retry, @DefaultValue("7d") Duration retention,
			@DefaultValue("30d") Duration deadLetterRetention, @DefaultValue("20s") Duration shutdownGrace) {

	}

	/**
	 * How much is leased for a listener in advance.
	 *
	 * @param messages How many messages are claimed at a time for one listener: again as
	 * soon as no more than half as many are left.
	 * @param bytes Most memory that their payloads may take, about. A payload that is
	 * larger than its share is read when its turn comes.
	 */
	public record Prefetch(@DefaultValue("100") int messages, @DefaultValue("8MB") DataSize bytes) {

	}

	/**
	 * Trying again what a listener of stored messages throws. Nobody waits for it.
	 *
	 * @param maxRetries How often to try again before the message becomes a dead letter.
	 * @param delay Wait before the first retry.
	 * @param multiplier By how much the wait grows with every retry.
	 * @param maxDelay Longest wait.
	 * @param jitter By how much a wait differs from that by chance, up or down.
	 */
	public record QueueRetry(@DefaultValue("9") long maxRetries, @DefaultValue("1s") Duration delay,
			@DefaultValue("2") double multiplier, @DefaultValue("5m") Duration maxDelay,
			@DefaultValue("500ms") Duration jitter) {

	}

	/**
	 * Creation of the schema by a Flyway of pgnotify's own.
	 *
	 * @param enabled Whether to create and upgrade the schema at start. If not, its
	 * version is checked, and running the scripts in classpath:db/pgnotify is up to you.
	 * @param grant Whether to give the application's role the rights it needs, where
	 * another role creates the schema.
	 * @param url JDBC URL to create the schema at. That of the listening connection if
	 * not set.
	 * @param user Role that may create the schema. That of the listening connection if
	 * not set.
	 * @param password Password of the role.
	 */
	public record Flyway(@DefaultValue("true") boolean enabled, @DefaultValue("true") boolean grant,
			@Nullable String url, @Nullable String user, @Nullable String password) {

		public Flyway {
			url = textOrNull(url);
			user = textOrNull(user);
		}

		@Override
		public String toString() {
			return "Flyway[enabled=" + this.enabled + ", url=" + (this.url != null) + ", user=" + this.user + "]";
		}

	}

	/**
	 * Declared triggers. Beside these settings, every other name is that of a trigger.
	 *
	 * @param mode What to do about declared triggers when the application starts.
	 * @param imports Files of PgPigeon (pigeon.json) whose triggers are declared.
	 * @param application Whose declarations they are: triggers of other applications are
	 * left alone. The name of the application if not set.
	 * @param script File that the mode script writes.
	 * @param lockTimeout How long to wait for a table that is in use; writes to it wait
	 * as long.
	 */
	public record Triggers(@DefaultValue("apply") TriggerSettings.Mode mode,
			@Name("import") @DefaultValue List<String> imports, @Nullable String application,
			@DefaultValue("pgnotify-triggers.sql") String script, @DefaultValue("10s") Duration lockTimeout) {

		public Triggers {
			application = textOrNull(application);
		}

	}

	/** An empty placeholder sets nothing. */
	private static @Nullable String textOrNull(@Nullable String value) {
		return StringUtils.hasText(value) ? value : null;
	}

	/** Driver and threads count milliseconds in an int, and take none for no limit. */
	private static void requirePassing(Duration time, String name) {
		if (time.toMillis() < 1 || time.toMillis() > Integer.MAX_VALUE) {
			throw new IllegalArgumentException(
					"pgnotify.listener." + name + " must be from 1ms to 24d, and is " + time.toMillis() + "ms");
		}
	}

}
