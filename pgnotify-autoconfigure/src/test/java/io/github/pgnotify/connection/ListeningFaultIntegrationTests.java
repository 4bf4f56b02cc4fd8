package io.github.pgnotify.connection;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.ListeningStatus.State;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.Direction;
import io.github.pgnotify.testsupport.fault.Seed;
import io.github.pgnotify.testsupport.fault.TcpProxy;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of listening when the network or the server does not behave. Bounds are
 * generous; what was measured is printed.
 */
class ListeningFaultIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	@Test
	void everyTerminatedBackendIsReplacedAndEveryGapAnnounced() throws Exception {
		int kills = Figures.count(20, 100);
		Figures figures = new Figures("backend terminated -> LIVE again");
		try (ListeningHarness listening = direct().listen("messages")) {
			for (int i = 1; i <= kills; i++) {
				int pid = Objects.requireNonNull(listening.status().backendPid());
				long begin = System.nanoTime();
				database.execute("SELECT pg_terminate_backend(" + pid + ")");
				Awaitility.await()
					.pollInterval(Duration.ofMillis(1))
					.until(listening::status, (status) -> status.isLive() && !Objects.equals(status.backendPid(), pid));
				figures.add(Duration.ofNanos(System.nanoTime() - begin));
				notify("messages", "after " + i);
				assertThat(listening.everything.await(2 * i)).element(2 * i - 2)
					.isInstanceOfSatisfying(PgGap.class,
							(gap) -> assertThat(gap.cause()).isEqualTo(PgGap.Cause.CONNECTION_LOST));
			}
			assertThat(listening.notifications.received()).map(PgNotification::payload)
				.containsExactlyElementsOf(IntStream.rangeClosed(1, kills).mapToObj((i) -> "after " + i).toList());
			assertThat(listening.status().gaps()).isEqualTo(kills);
			assertThat(threads()).hasSizeLessThanOrEqualTo(3);
			Awaitility.await()
				.untilAsserted(() -> assertThat(sessions()).as("the one that listens, and its control").isEqualTo(2));
		}
		figures.print();
		Awaitility.await().untilAsserted(() -> {
			assertThat(threads()).isEmpty();
			assertThat(sessions()).isZero();
		});
	}

	@Test
	void startThatMayNotFailReturnsWithWhatBecameOfTheFirstAttempt() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database);
				ListeningHarness listening = new ListeningHarness(proxy.jdbcUrl(database.name()), database.username(),
						database.password(), StartupFailurePolicy.RETRY)) {
			proxy.refuseConnects();
			assertThat(listening.begin("messages").status().problem()).contains("refused");
			proxy.acceptConnects();
			listening.await(State.LIVE);
		}
		try (ListeningHarness listening = new ListeningHarness(database.jdbcUrl(), database.username(),
				database.password(), StartupFailurePolicy.RETRY)) {
			assertThat(listening.begin("messages").status().isLive()).isTrue();
		}
	}

	@Test
	void halfOpenConnectionIsSuspectAndReplaced() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database); ListeningHarness listening = through(proxy).listen("messages")) {
			notify("messages", "before");
			listening.notifications.await(1);
			proxy.stopForwarding();
			Figures.print("half-open -> SUSPECT", listening.await(State.SUSPECT));
			Figures.print("half-open, SUSPECT -> given up", listening.await(State.DOWN, State.CONNECTING));
			proxy.reset();
			proxy.resume();
			listening.await(State.LIVE);
			notify("messages", "after");
			assertThat(listening.notifications.await(2)).last().extracting(PgNotification::payload).isEqualTo("after");
			assertThat(listening.gaps.await(1)).hasSize(1);
			assertThat(listening.losses.received().get(0)).contains("has not answered in time");
		}
	}

	@Test
	void readerThatHangsInsideAMessageIsFreed() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database); ListeningHarness listening = through(proxy).listen("messages")) {
			proxy.stallAfter(Direction.SERVER_TO_CLIENT, 40);
			long begin = System.nanoTime();
			notify("messages", "x".repeat(5000));
			proxy.awaitStalled();
			listening.losses.await(1);
			Figures.print("stall inside a notification -> reader freed", Duration.ofNanos(System.nanoTime() - begin));
			proxy.reset();
			proxy.resume();
			listening.await(State.LIVE);
			notify("messages", "after");
			assertThat(listening.everything.await(2)).first().isInstanceOf(PgGap.class);
		}
	}

	@Test
	void slowNetworkIsNoReasonToReconnect() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database); ListeningHarness listening = through(proxy).listen("messages")) {
			proxy.delay(Duration.ofMillis(0), Duration.ofMillis(200), Seed.value("slow network"));
			int count = Figures.count(20, 600);
			for (int i = 1; i <= count; i++) {
				notify("messages", String.valueOf(i));
				int expected = i;
				Awaitility.await()
					.pollDelay(Duration.ofMillis(i % 5 == 0 ? 2100 : 0))
					.atMost(Duration.ofSeconds(30))
					.until(() -> listening.notifications.received().size() == expected);
			}
			assertThat(listening.losses.received()).isEmpty();
			assertThat(listening.gaps.received()).isEmpty();
		}
	}

	@Test
	void nothingIsMissedOnceListenHasCommitted() throws Exception {
		int rounds = Figures.count(10_000, 10_000);
		Random random = Seed.random("timings");
		JdbcTemplate sender = new JdbcTemplate(new org.springframework.jdbc.datasource.SingleConnectionDataSource(
				database.jdbcUrl(), database.username(), database.password(), true));
		Figures figures = new Figures("channel added -> heard");
		try (ListeningHarness listening = direct().listen("first")) {
			int pid = Objects.requireNonNull(listening.status().backendPid());
			Set<ChannelName> wanted = ListeningHarness.names("first");
			for (int i = 1; i <= rounds; i++) {
				String channel = "round " + i % 100;
				long begin = System.nanoTime();
				// removed again long after its message has arrived
				wanted.remove(ChannelName.of("round " + (i + 50) % 100));
				wanted.add(ChannelName.of(channel));
				listening.change(wanted);
				figures.add(Duration.ofNanos(System.nanoTime() - begin));
				for (int spin = random.nextInt(20_000); spin > 0; spin--) {
					Thread.onSpinWait();
				}
				sender.queryForObject("SELECT pg_notify(?, ?)::text", String.class, channel, String.valueOf(i));
			}
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.until(() -> listening.notifications.received().size() >= rounds);
			assertThat(listening.notifications.await(rounds))
				.map((each) -> Integer.valueOf(String.valueOf(each.payload())))
				.isEqualTo(IntStream.rangeClosed(1, rounds).boxed().toList());
			assertThat(listening.status().backendPid()).isEqualTo(pid);
		}
		((org.springframework.jdbc.datasource.SingleConnectionDataSource) Objects
			.requireNonNull(sender.getDataSource())).destroy();
		figures.print();
	}

	@Test
	void listenAndNotifyAgreeOnWhateverIsAName() throws Exception {
		int count = Figures.count(10_000, 10_000);
		Random random = Seed.random("names");
		Set<ChannelName> names = new HashSet<>();
		int refused = 0;
		while (names.size() < count) {
			try {
				names.add(ChannelName.of(randomName(random)));
			}
			catch (InvalidChannelNameException ex) {
				refused++;
			}
		}
		Figures.print("random names", names.size() + " listened on, " + refused + " refused");
		List<ChannelName> all = new ArrayList<>(names);
		try (ListeningHarness listening = direct().listen("first")) {
			for (int from = 0; from < all.size(); from += 1000) {
				List<ChannelName> batch = all.subList(from, Math.min(all.size(), from + 1000));
				listening.change(new HashSet<>(batch));
				database.jdbc()
					.queryForObject("SELECT count(pg_notify(name, name)) FROM unnest(?) AS name", Long.class,
							(Object) batch.stream().map(ChannelName::value).toArray(String[]::new));
				List<PgNotification> heard = listening.notifications.await(from + batch.size())
					.subList(from, from + batch.size());
				assertThat(heard).allSatisfy(
						(notification) -> assertThat(notification.payload()).isEqualTo(notification.channel().value()));
				assertThat(heard).map(PgNotification::channel).containsExactlyInAnyOrderElementsOf(batch);
			}
		}
	}

	private static String randomName(Random random) {
		StringBuilder name = new StringBuilder();
		int length = random.nextInt(70);
		for (int i = 0; i < length; i++) {
			switch (random.nextInt(4)) {
				case 0 -> name.append("\"';\\${}?%:/*-- \n\t".charAt(random.nextInt(17)));
				case 1 -> name.appendCodePoint(random.nextInt(0x110000));
				case 2 -> name.append((char) random.nextInt(0x300));
				default -> name.append((char) ('A' + random.nextInt(58)));
			}
		}
		return name.toString();
	}

	private static ListeningHarness direct() {
		return new ListeningHarness(database.jdbcUrl(), database.username(), database.password());
	}

	private static ListeningHarness through(TcpProxy proxy) {
		return new ListeningHarness(proxy.jdbcUrl(database.name()), database.username(), database.password());
	}

	private static void notify(String channel, String payload) throws Exception {
		ListeningHarness.notify(database.jdbcUrl(), database.username(), database.password(), channel, payload);
	}

	private static int sessions() {
		return Integer.parseInt(Objects.requireNonNull(database.queryForString(
				"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'harness%'")));
	}

	private static List<String> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("pgnotify-") && name.endsWith("-test")
					&& !name.startsWith("pgnotify-control"))
			.toList();
	}

}
