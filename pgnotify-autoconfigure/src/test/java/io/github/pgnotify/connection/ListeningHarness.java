package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.connection.DirectDataSource.Credentials;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.lifecycle.Backoff;
import io.github.pgnotify.testsupport.Recorder;
import org.awaitility.Awaitility;

/**
 * A listening connection with the settings an application has by default, and what became
 * of it.
 */
final class ListeningHarness implements NotificationSource.Sink, AutoCloseable {

	static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

	final Recorder<PgNotification> notifications = new Recorder<>();

	final Recorder<PgGap> gaps = new Recorder<>();

	final Recorder<String> losses = new Recorder<>();

	/** Notifications and gaps in the order in which they came. */
	final Recorder<Object> everything = new Recorder<>();

	private final ListeningConnection connection;

	ListeningHarness(String jdbcUrl, String username, String password) {
		this(jdbcUrl, username, password, StartupFailurePolicy.FAIL);
	}

	ListeningHarness(String jdbcUrl, String username, String password, StartupFailurePolicy policy) {
		this(source(jdbcUrl, username, password).overPromptSockets(), policy);
	}

	ListeningHarness(PgListenerConnectionSource source, StartupFailurePolicy policy) {
		this.connection = new ListeningConnection(source,
				new ListeningSettings("test", policy, Duration.ofSeconds(30), Duration.ofSeconds(2),
						Duration.ofSeconds(1), Duration.ofSeconds(60), ANSWER_TIMEOUT,
						new Backoff(Duration.ofMillis(100), Duration.ofMillis(1500))));
	}

	static DirectDataSource source(String jdbcUrl, String username, String password) {
		return new DirectDataSource(jdbcUrl, () -> new Credentials(username, password), Map.of(), "harness")
			.withSocketTimeout(ANSWER_TIMEOUT);
	}

	ListeningHarness listen(String... channels) throws Exception {
		var listening = this.connection.listen(names(channels));
		this.connection.start(this);
		listening.get(30, TimeUnit.SECONDS);
		return this;
	}

	/**
	 * Starts, and waits no longer than that does.
	 */
	ListeningHarness begin(String... channels) {
		this.connection.listen(names(channels));
		this.connection.start(this);
		return this;
	}

	void change(Set<ChannelName> channels) throws InterruptedException, TimeoutException {
		try {
			this.connection.listen(channels).get(30, TimeUnit.SECONDS);
		}
		catch (java.util.concurrent.ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
	}

	CompletableFuture<Void> begin(Set<ChannelName> channels) {
		return this.connection.listen(channels);
	}

	ListeningStatus status() {
		return this.connection.status();
	}

	/**
	 * Waits for a state.
	 * @return how long that took
	 */
	Duration await(ListeningStatus.State... states) {
		long begin = System.nanoTime();
		Awaitility.await()
			.pollInterval(Duration.ofMillis(5))
			.atMost(Duration.ofSeconds(60))
			.until(() -> List.of(states).contains(status().state()));
		return Duration.ofNanos(System.nanoTime() - begin);
	}

	@Override
	public void notification(PgNotification notification) {
		this.notifications.record(notification);
		this.everything.record(notification);
	}

	@Override
	public void gap(PgGap gap) {
		this.gaps.record(gap);
		this.everything.record(gap);
	}

	@Override
	public void connected(int backendPid, boolean resumed) {
	}

	@Override
	public void lost(String reason) {
		this.losses.record(reason);
	}

	@Override
	public void close() {
		this.connection.stop();
	}

	static Set<ChannelName> names(String... channels) {
		return Stream.of(channels).map(ChannelName::of).collect(Collectors.toSet());
	}

	/**
	 * Sends one notification, past everything that stands between.
	 */
	static void notify(String jdbcUrl, String username, String password, String channel, String payload)
			throws SQLException {
		try (Connection connection = DriverManager.getConnection(jdbcUrl, username, password);
				PreparedStatement statement = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
			statement.setString(1, channel);
			statement.setString(2, payload);
			statement.execute();
		}
	}

}
