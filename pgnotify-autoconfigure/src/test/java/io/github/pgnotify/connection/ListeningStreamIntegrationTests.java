package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.pgnotify.PgNotification;
import io.github.pgnotify.connection.DirectDataSource.Credentials;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A stream of notifications without a break, which the driver by itself would collect
 * until it ends: over each kind of socket, plain and encrypted.
 */
class ListeningStreamIntegrationTests {

	@RegisterExtension
	static final TestDatabase plain = new TestDatabase();

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	/** Less than the driver waits for the next one. */
	private static final long PACE_NANOS = 300_000;

	private static ControllableServer encrypted;

	@BeforeAll
	static void startEncrypted() throws Exception {
		encrypted = TlsServer.start();
	}

	@AfterAll
	static void stopEncrypted() {
		encrypted.close();
	}

	static Stream<Map.Entry<String, DirectDataSource>> sockets() {
		DirectDataSource unencrypted = source(plain.jdbcUrl(), plain.username(), plain.password(), "disable");
		DirectDataSource tls = source(encrypted.jdbcUrl("postgres"), encrypted.username(), "postgres", "require");
		return Stream.of(Map.entry("prompt", unencrypted.overPromptSockets()),
				Map.entry("steady", unencrypted.overSteadySockets()), Map.entry("prompt, TLS", tls.overPromptSockets()),
				Map.entry("steady, TLS", tls.overSteadySockets()));
	}

	@ParameterizedTest
	@MethodSource("sockets")
	void streamWithoutABreakIsHeardWhileItFlows(Map.Entry<String, DirectDataSource> sockets) throws Exception {
		AtomicBoolean enough = new AtomicBoolean();
		AtomicInteger sent = new AtomicInteger();
		int count = Figures.count(10_000, 100_000);
		try (ListeningHarness listening = new ListeningHarness(sockets.getValue()::open, StartupFailurePolicy.FAIL)
			.listen("stream")) {
			Integer pid = listening.status().backendPid();
			Thread sender = new Thread(() -> send(sockets.getValue(), sent, enough));
			sender.start();
			try {
				// It does not end before as many are heard
				Awaitility.await()
					.atMost(PATIENCE.multipliedBy(2))
					.until(() -> listening.notifications.received().size() >= count);
			}
			finally {
				enough.set(true);
				sender.join();
			}
			assertThat(listening.notifications.await(sent.get())).map(PgNotification::payload)
				.isEqualTo(IntStream.range(0, sent.get()).mapToObj(String::valueOf).toList());
			assertThat(listening.losses.received()).isEmpty();
			assertThat(listening.status().backendPid()).isEqualTo(pid);
		}
	}

	@ParameterizedTest
	@MethodSource("sockets")
	void whatIsLargerThanAPacketOrARecordIsHeardWhole(Map.Entry<String, DirectDataSource> sockets) throws Exception {
		int count = Figures.count(2_000, 20_000);
		try (ListeningHarness listening = new ListeningHarness(sockets.getValue()::open, StartupFailurePolicy.FAIL)
			.listen("stream");
				Connection sender = sockets.getValue().open();
				PreparedStatement statement = sender
					.prepareStatement("SELECT pg_notify('stream', n || repeat('x', n % 7900))"
							+ " FROM generate_series(?, ?) AS n")) {
			for (int i = 0; i < count; i += 20) {
				statement.setInt(1, i);
				statement.setInt(2, i + 19);
				statement.execute();
			}
			assertThat(listening.notifications.await(count)).map(PgNotification::payload)
				.isEqualTo(IntStream.range(0, count).mapToObj((n) -> n + "x".repeat(n % 7900)).toList());
			assertThat(listening.losses.received()).isEmpty();
		}
	}

	@ParameterizedTest
	@MethodSource("sockets")
	void wakeIsMeasured(Map.Entry<String, DirectDataSource> sockets) throws Exception {
		Figures figures = new Figures("NOTIFY -> getNotifications returns, " + sockets.getKey());
		try (Connection listening = sockets.getValue().open();
				Connection sender = sockets.getValue().open();
				PreparedStatement statement = sender.prepareStatement("SELECT pg_notify('stream', ?)")) {
			listening.createStatement().execute("LISTEN stream");
			for (int i = 0; i < Figures.count(300, 3000); i++) {
				long[] heard = new long[1];
				Thread receiver = new Thread(() -> heard[0] = receive(listening));
				receiver.start();
				statement.setString(1, String.valueOf(i));
				long begin = System.nanoTime();
				statement.execute();
				receiver.join();
				figures.add(Duration.ofNanos(heard[0] - begin));
			}
		}
		figures.print();
	}

	private static long receive(Connection connection) {
		try {
			PGNotification[] received = connection.unwrap(PGConnection.class)
				.getNotifications(Math.toIntExact(PATIENCE.toMillis()));
			assertThat(received).hasSize(1);
			return System.nanoTime();
		}
		catch (java.sql.SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void send(DirectDataSource source, AtomicInteger sent, AtomicBoolean enough) {
		try (Connection sender = source.open();
				PreparedStatement statement = sender.prepareStatement("SELECT pg_notify('stream', ?)")) {
			long due = System.nanoTime();
			while (!enough.get()) {
				statement.setString(1, String.valueOf(sent.get()));
				statement.execute();
				sent.incrementAndGet();
				due = Math.max(due + PACE_NANOS, System.nanoTime() - PACE_NANOS);
				LockSupport.parkNanos(due - System.nanoTime());
			}
		}
		catch (java.sql.SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static DirectDataSource source(String jdbcUrl, String username, String password, String sslMode) {
		return new DirectDataSource(jdbcUrl, () -> new Credentials(username, password), Map.of("sslmode", sslMode),
				"stream")
			.withSocketTimeout(ListeningHarness.ANSWER_TIMEOUT);
	}

}
