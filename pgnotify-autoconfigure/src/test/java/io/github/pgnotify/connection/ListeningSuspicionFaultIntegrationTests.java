package io.github.pgnotify.connection;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgnotify.ListeningStatus.State;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ChildJvm;
import io.github.pgnotify.testsupport.fault.Direction;
import io.github.pgnotify.testsupport.fault.TcpProxy;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When a connection is suspect, when it is not, and what comes of it.
 */
class ListeningSuspicionFaultIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	/** Longer than a server may be silent. */
	private static final Duration STANDSTILL = Duration.ofSeconds(4);

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	@Test
	void standstillOfTheWholeJvmIsNotTheServersFault() throws Exception {
		int standstills = Figures.count(3, 10);
		try (ChildJvm child = ChildJvm.of(ListeningChild.class)
			.arguments(database.jdbcUrl(), database.username(), database.password())
			.start()) {
			child.awaitLine("listening");
			String first = report(child, 0);
			for (int i = 1; i <= standstills; i++) {
				child.freeze();
				notify("messages", "while it stands still");
				Awaitility.await().pollDelay(STANDSTILL).atMost(PATIENCE).until(() -> true);
				child.thaw();
				assertThat(report(child, i)).isEqualTo(first.replace("heard 0", "heard " + i)).endsWith("losses []");
			}
		}
	}

	@Test
	void connectionThatWasSuspectProvesThatNotificationsArrive() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database);
				ListeningHarness listening = new ListeningHarness(firstThrough(proxy), StartupFailurePolicy.FAIL)
					.listen("messages")) {
			String before = lastSent();
			proxy.stallAfter(Direction.SERVER_TO_CLIENT, 0);
			listening.await(State.SUSPECT);
			proxy.resume();
			listening.await(State.LIVE);
			assertThat(listening.losses.received()).isEmpty();
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(lastSent()).as("when a notification to itself was sent last")
					.isNotEqualTo(before));
		}
	}

	@Test
	void listenThatIsNotAnsweredIsSuspectBeforeAnAnswerIsOverdue() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database);
				ListeningHarness listening = new ListeningHarness(firstThrough(proxy), StartupFailurePolicy.FAIL)
					.listen("messages")) {
			proxy.stallAfter(Direction.CLIENT_TO_SERVER, 0);
			CompletableFuture<Void> added = listening.begin(ListeningHarness.names("messages", "added"));
			Duration suspect = listening.await(State.SUSPECT);
			Figures.print("LISTEN not answered -> SUSPECT", suspect);
			assertThat(suspect).isLessThan(ListeningHarness.ANSWER_TIMEOUT);
			// By the event: the states in between pass within milliseconds
			long suspectAt = System.nanoTime();
			assertThat(listening.losses.await(1)).first().asString().contains("given up: the server has not answered");
			Figures.print("LISTEN not answered, SUSPECT -> given up", Duration.ofNanos(System.nanoTime() - suspectAt));
			assertThat(added).succeedsWithin(PATIENCE);
			assertThat(listening.status().channels()).isEqualTo(2);
		}
	}

	@Test
	void serverThatIsBusySendingIsNotSuspect() throws Exception {
		int count = Figures.count(5_000, 20_000);
		try (TcpProxy proxy = TcpProxy.to(database);
				ListeningHarness listening = new ListeningHarness(proxy.jdbcUrl(database.name()), database.username(),
						database.password())
					.listen("messages")) {
			proxy.delay(Duration.ofMillis(200), Duration.ZERO, 0);
			long begin = System.nanoTime();
			database.queryForString(
					"SELECT count(pg_notify('messages', n || repeat('x', 1600)))" + " FROM generate_series(1, ?) AS n",
					count);
			Awaitility.await().atMost(PATIENCE).until(() -> !listening.notifications.received().isEmpty());
			listening.change(ListeningHarness.names("messages", "behind all these"));
			Figures.print("LISTEN behind " + count + " notifications", Duration.ofNanos(System.nanoTime() - begin));
			assertThat(listening.notifications.await(count)).hasSize(count);
			assertThat(listening.losses.received()).isEmpty();
		}
	}

	private static String report(ChildJvm child, int heard) {
		child.writeLine(String.valueOf(heard));
		return child.awaitLine("heard .*");
	}

	private static String lastSent() {
		return String.valueOf(database.queryForString("SELECT max(query_start) FROM pg_stat_activity"
				+ " WHERE datname = current_database() AND application_name = 'harness control'"));
	}

	/**
	 * The first connection goes through the proxy: the one that listens. All others do
	 * not, so that it is not their fault.
	 */
	private static PgListenerConnectionSource firstThrough(TcpProxy proxy) {
		AtomicBoolean first = new AtomicBoolean(true);
		return () -> {
			String url = first.getAndSet(false) ? proxy.jdbcUrl(database.name()) : database.jdbcUrl();
			return connect(url);
		};
	}

	private static java.sql.Connection connect(String url) throws SQLException {
		return ListeningHarness.source(url, database.username(), database.password()).overPromptSockets().open();
	}

	private static void notify(String channel, String payload) throws Exception {
		ListeningHarness.notify(database.jdbcUrl(), database.username(), database.password(), channel, payload);
	}

}
