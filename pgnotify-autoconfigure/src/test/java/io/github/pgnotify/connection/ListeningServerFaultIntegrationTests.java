package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgnotify.ListeningStatus.State;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import io.github.pgnotify.testsupport.fault.PgBouncer;
import io.github.pgnotify.testsupport.fault.StreamingStandby;
import io.github.pgnotify.testsupport.fault.TcpProxy;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of listening when the server freezes, goes away, is another one than it
 * seems, or is full.
 */
class ListeningServerFaultIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	/** When the wait between two attempts has reached its maximum. */
	private static final Duration SETTLED_AFTER = Duration.ofSeconds(2);

	/** One every second is one more from the first to the last. */
	private static final int BOTH_ENDS = 1;

	@Test
	void frozenServerIsSuspectAndListenedOnAgainWhenItGoesOn() throws Exception {
		AtomicInteger connecting = new AtomicInteger();
		AtomicInteger mostConnecting = new AtomicInteger();
		try (ControllableServer server = new ControllableServer().start();
				TcpProxy proxy = TcpProxy.to(server.jdbcUrl("postgres"));
				ListeningHarness listening = new ListeningHarness(
						counting(server, proxy.jdbcUrl("postgres"), connecting, mostConnecting),
						StartupFailurePolicy.FAIL)
					.listen("messages")) {
			int connectsBefore = proxy.connectAttempts();
			mostConnecting.set(0);
			server.freeze();
			Figures.print("server frozen -> SUSPECT", listening.await(State.SUSPECT));
			listening.await(State.CONNECTING);
			int seconds = Figures.count(6, 30);
			Awaitility.await().pollDelay(Duration.ofSeconds(seconds)).atMost(PATIENCE).until(() -> true);
			Figures.print("connects while frozen for " + seconds + " s", proxy.connectAttempts() - connectsBefore);
			assertThat(mostConnecting).as("connects in flight at a time").hasValue(1);
			server.thaw();
			Figures.print("server goes on -> LIVE", listening.await(State.LIVE));
			notify(server, "after");
			assertThat(listening.notifications.await(1)).map(PgNotification::payload).containsExactly("after");
			assertThat(listening.gaps.await(1)).hasSize(1);
		}
	}

	@Test
	void serverThatWasAwayIsFoundByAllAndNotStormed() throws Exception {
		int containers = Figures.count(10, 50);
		int seconds = Figures.count(5, 60);
		List<ListeningHarness> all = new ArrayList<>();
		try (ControllableServer server = new ControllableServer("max_connections=200").start();
				TcpProxy proxy = TcpProxy.to(server.jdbcUrl("postgres"))) {
			for (int i = 0; i < containers; i++) {
				all.add(to(server, proxy.jdbcUrl("postgres")).listen("messages"));
			}
			server.stop(ControllableServer.StopMode.FAST);
			all.forEach((each) -> each.await(State.DOWN, State.CONNECTING));
			if (seconds < SETTLED_AFTER.multipliedBy(10).toSeconds()) {
				// The first attempts are quick, which only a longer time makes up for
				Awaitility.await().pollDelay(SETTLED_AFTER).until(() -> true);
			}
			int before = proxy.connectAttempts();
			long away = System.nanoTime();
			Awaitility.await()
				.pollDelay(Duration.ofSeconds(seconds))
				.atMost(PATIENCE.plusSeconds(60))
				.until(() -> true);
			double attempts = (double) (proxy.connectAttempts() - before) / containers;
			double elapsed = (System.nanoTime() - away) / 1e9;
			Figures.print("connect attempts a second and container while away for " + seconds + " s",
					"%.2f".formatted(attempts / elapsed));
			assertThat(attempts).as("connect attempts of a container in %s s", elapsed)
				.isBetween(1.0, elapsed + BOTH_ENDS);
			server.start();
			long begin = System.nanoTime();
			all.forEach((each) -> each.await(State.LIVE));
			Figures.print("server started -> all " + containers + " LIVE", Duration.ofNanos(System.nanoTime() - begin));
			notify(server, "after");
			all.forEach((each) -> assertThat(each.notifications.await(1)).hasSize(1));
			all.forEach((each) -> assertThat(each.gaps.await(1)).hasSize(1));
		}
		finally {
			all.forEach(ListeningHarness::close);
		}
	}

	@Test
	void poolerInTransactionModeIsDetectedAndNamed() throws Exception {
		try (TestDatabase database = new TestDatabase();
				PgBouncer pooler = PgBouncer.to(database, PgBouncer.PoolMode.TRANSACTION);
				ListeningHarness listening = new ListeningHarness(pooler.jdbcUrl(database.name()), database.username(),
						database.password())) {
			long begin = System.nanoTime();
			listening.begin("messages");
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(listening.status().problem()).contains("a pooler in transaction mode")
					.contains("pgnotify.datasource.url"));
			Figures.print("pooler in transaction mode -> detected", Duration.ofNanos(System.nanoTime() - begin));
			assertThat(listening.status().isLive()).isFalse();
		}
	}

	@Test
	void poolerInSessionModeIsListenedThrough() throws Exception {
		try (TestDatabase database = new TestDatabase();
				PgBouncer pooler = PgBouncer.to(database, PgBouncer.PoolMode.SESSION);
				ListeningHarness listening = new ListeningHarness(pooler.jdbcUrl(database.name()), database.username(),
						database.password())
					.listen("messages")) {
			ListeningHarness.notify(database.jdbcUrl(), database.username(), database.password(), "messages", "x");
			assertThat(listening.notifications.await(1)).hasSize(1);
		}
	}

	@Test
	void standbyIsNeverListenedOnBeforeItIsPromoted() throws Exception {
		try (ControllableServer primary = new ControllableServer().start();
				StreamingStandby standby = new StreamingStandby(primary);
				ListeningHarness listening = new ListeningHarness(standby.jdbcUrl("postgres"), primary.username(),
						"postgres", StartupFailurePolicy.RETRY)) {
			listening.begin("messages");
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(listening.status().problem()).contains("standby"));
			assertThat(listening.status().isLive()).isFalse();
			standby.promote();
			Figures.print("standby promoted -> LIVE", listening.await(State.LIVE));
			ListeningHarness.notify(standby.jdbcUrl("postgres"), primary.username(), "postgres", "messages", "x");
			assertThat(listening.notifications.await(1)).hasSize(1);
		}
	}

	@Test
	void fullNotificationQueueIsSeenAndHealed() throws Exception {
		try (ControllableServer probe = new ControllableServer()) {
			// Only since PostgreSQL 17 can the queue be made small; before, it takes 8 GB
			// to fill
			boolean small = probe.majorVersion() >= 17;
			try (ControllableServer server = small ? new ControllableServer("max_notify_queue_pages=64").start()
					: probe.start();
					ListeningHarness listening = to(server, server.jdbcUrl("postgres")).listen("messages")) {
				if (small) {
					fillQueue(server, listening);
				}
				Awaitility.await()
					.atMost(PATIENCE)
					.untilAsserted(() -> assertThat(listening.status().queueUsage()).isLessThan(0.01));
				notify(server, "after");
				assertThat(listening.notifications.await(1)).hasSize(1);
			}
		}
	}

	/**
	 * Another session listens and stays in a transaction: it reads nothing, and the queue
	 * cannot be shortened.
	 */
	private static void fillQueue(ControllableServer server, ListeningHarness listening) throws Exception {
		try (Connection offender = server.dataSource("postgres").getConnection();
				Statement statement = offender.createStatement();
				Connection sender = server.dataSource("postgres").getConnection();
				Statement sending = sender.createStatement()) {
			statement.execute("LISTEN anything");
			offender.setAutoCommit(false);
			statement.execute("SELECT 1");
			boolean full = false;
			while (!full) {
				try {
					sending.execute("SELECT count(pg_notify('elsewhere', n || repeat('x', 7000))) FROM "
							+ "generate_series(1, 20) AS n");
				}
				catch (java.sql.SQLException ex) {
					assertThat(ex.getMessage()).contains("too many notifications in the NOTIFY queue");
					full = true;
				}
			}
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(listening.status().queueUsage()).isGreaterThan(0.5));
			offender.rollback();
		}
		long begin = System.nanoTime();
		Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).ignoreExceptions().until(() -> {
			notify(server, "probe");
			return true;
		});
		Figures.print("notification queue full, offender ended -> healed", Duration.ofNanos(System.nanoTime() - begin));
		Awaitility.await().until(() -> !listening.notifications.received().isEmpty());
		listening.notifications.clear();
	}

	private static PgListenerConnectionSource counting(ControllableServer server, String jdbcUrl, AtomicInteger now,
			AtomicInteger most) {
		PgListenerConnectionSource source = ListeningHarness.source(jdbcUrl, server.username(), "postgres")
			.overPromptSockets();
		return () -> {
			most.accumulateAndGet(now.incrementAndGet(), Math::max);
			try {
				return source.open();
			}
			finally {
				now.decrementAndGet();
			}
		};
	}

	private static ListeningHarness to(ControllableServer server, String jdbcUrl) {
		return new ListeningHarness(jdbcUrl, server.username(), "postgres");
	}

	private static void notify(ControllableServer server, String payload) throws Exception {
		ListeningHarness.notify(server.jdbcUrl("postgres"), server.username(), "postgres", "messages", payload);
	}

}
