package io.github.pgnotify.gateway;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.lifecycle.DaemonThreads;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Many clients at a time, one of them slow, and all of them cut.
 */
class GatewayLoadIntegrationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(5);

	private static final int THREADS = 20;

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private GatewayServer server;

	@BeforeEach
	void start() {
		this.server = GatewayServer.start(database, List.of(Closings.class), "pgnotify.gateway.channels[0].name=live",
				"pgnotify.gateway.channels[0].access=public", "pgnotify.gateway.channels[1].name=stored",
				"pgnotify.gateway.channels[1].access=public", "pgnotify.gateway.channels[1].kind=stored",
				"server.tomcat.threads.max=" + THREADS, "server.tomcat.accept-count=5000",
				"server.tomcat.max-connections=20000");
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void everyClientGetsEveryMessageInOrderAndThreadsDoNotGrowWithClients() throws Exception {
		int count = Figures.count(200, 1000);
		int messages = Figures.count(500, 1000);
		List<SequenceClient> few = connect(10, "live");
		notifyLive(1, 100);
		awaitLast(few, 100);
		long threadsOfFew = serverThreads();
		List<SequenceClient> clients = new ArrayList<>(few);
		clients.addAll(connect(count - few.size(), "live"));
		long begin = System.nanoTime();
		notifyLive(101, 100 + messages);
		awaitLast(clients, 100 + messages);
		long millis = (System.nanoTime() - begin) / 1_000_000;
		long threadsOfMany = serverThreads();
		Figures.print("gateway " + count + " clients x " + messages + " messages",
				millis + " ms, " + (1000L * count * messages / millis) + " frames/s, threads " + threadsOfFew + " with "
						+ few.size() + " clients, " + threadsOfMany + " with " + count);
		assertThat(clients).allSatisfy((client) -> {
			assertThat(client.received()).isGreaterThanOrEqualTo(messages);
			assertThat(client.lost() + client.twice() + client.gaps()).isZero();
		});
		// Those of the web server, which has a maximum; there may be some of earlier
		// servers
		assertThat(threadsOfMany - threadsOfFew).isLessThanOrEqualTo(THREADS);
		clients.forEach(SequenceClient::kill);
	}

	@Test
	void everyEventStreamGetsEveryMessageInOrder() throws Exception {
		int count = Figures.count(50, 200);
		int messages = Figures.count(1000, 2000);
		long threadsBefore = serverThreads();
		List<EventStreamClient> clients = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			clients.add(EventStreamClient.connect(this.server.http("/subscribe/live")));
		}
		for (EventStreamClient client : clients) {
			await().until(() -> !client.events().received().isEmpty());
		}
		long begin = System.nanoTime();
		notifyLive(1, messages);
		List<String> all = IntStream.rangeClosed(1, messages).mapToObj(Integer::toString).toList();
		for (EventStreamClient client : clients) {
			await().atMost(PATIENCE).until(() -> client.events().received().size() > messages);
			assertThat(client.messages()).isEqualTo(all);
		}
		Figures.print("gateway " + count + " event streams x " + messages + " messages, ms",
				(System.nanoTime() - begin) / 1_000_000 + ", threads " + serverThreads());
		assertThat(serverThreads() - threadsBefore).isLessThanOrEqualTo(THREADS + 20);
		for (EventStreamClient client : clients) {
			client.close();
		}
	}

	@Test
	void aClientThatReadsOneByteASecondIsClosedAlone() throws Exception {
		// The system takes some megabytes for each client before anybody notices
		int seconds = Figures.count(4, 12);
		int readers = Figures.count(5, 20);
		List<WebSocketClient> clients = IntStream.range(0, readers)
			.mapToObj((i) -> WebSocketClient.connect(this.server.webSocket("/subscribe/live")))
			.toList();
		Load load = new Load(clients, readers);
		load.run("warm-up", seconds);
		Figures alone = new Figures("gateway latency without a slow client");
		Figures together = new Figures("gateway latency with a client that reads 1 byte/s");
		Figures closing = new Figures("gateway closes a client that reads 1 byte/s after");
		// In turns, as the machine is not the same all the time
		int rounds = Figures.count(1, 5);
		for (int round = 1; round <= rounds; round++) {
			Figures withoutSlow = new Figures("gateway latency without a slow client, round " + round);
			Figures withSlow = new Figures("gateway latency with a client that reads 1 byte/s, round " + round);
			load.run("without a slow client", seconds, withoutSlow, alone);
			closing.add(runWithSlowClient(load, seconds, round, withSlow, together));
			withoutSlow.print();
			withSlow.print();
		}
		alone.print();
		together.print();
		closing.print();
		assertThat(this.server.bean(Closings.class).codes.received()).hasSize(rounds)
			.containsOnly(PgGatewayCloseCode.TOO_SLOW);
		assertThat(clients).noneMatch(WebSocketClient::isClosed);
		assertThat(load.lost()).isZero();
		clients.forEach(WebSocketClient::kill);
	}

	private Duration runWithSlowClient(Load load, int seconds, int closings, Figures... figures) throws Exception {
		try (RawSocketClient slow = RawSocketClient.connect(this.server.port(), "/subscribe/live")) {
			assertThat(slow.readHead()).startsWith("HTTP/1.1 101");
			long begin = System.nanoTime();
			AtomicBoolean reading = new AtomicBoolean(true);
			// Not on the common pool, where the one that reads could keep the other
			// waiting
			Executor executor = DaemonThreads.many("slow-client");
			CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> readSlowly(slow, reading), executor);
			CompletableFuture<Long> closed = CompletableFuture.supplyAsync(() -> {
				this.server.bean(Closings.class).codes.await(closings);
				return System.nanoTime();
			}, executor);
			load.run("with a client that reads 1 byte/s", seconds, figures);
			Duration closedAfter = Duration.ofNanos(closed.get(60, TimeUnit.SECONDS) - begin);
			reading.set(false);
			reader.join();
			return closedAfter;
		}
	}

	@Test
	void whoIsCutAndComesBackHasAllOrIsToldOfAGap() throws Exception {
		int count = Figures.count(300, 5000);
		int rounds = 2;
		List<SequenceClient> live = connect(count / 2, "live");
		List<SequenceClient> stored = connect(count / 2, "stored");
		List<SequenceClient> all = new ArrayList<>(live);
		all.addAll(stored);
		AtomicBoolean flowing = new AtomicBoolean(true);
		AtomicLong sent = new AtomicLong();
		// About 20,000 frames a second
		Thread flow = new Thread(() -> flow(flowing, sent, count * 50_000L));
		flow.start();
		for (int round = 0; round < rounds; round++) {
			long seen = sent.get();
			await().atMost(PATIENCE).until(() -> all.stream().allMatch((client) -> client.last() > seen));
			all.forEach(SequenceClient::kill);
			long begin = System.nanoTime();
			connectAll(all);
			Figures.print("gateway " + count + " clients cut and connected again under load, ms",
					(System.nanoTime() - begin) / 1_000_000);
		}
		flowing.set(false);
		flow.join();
		awaitLast(all, sent.get());
		Figures.print("gateway storm", sent.get() + " messages, live: " + sum(live) + ", stored: " + sum(stored));
		assertThat(live).allSatisfy((client) -> {
			assertThat(client.lost() + client.twice()).isZero();
			assertThat(client.gaps()).isGreaterThanOrEqualTo(rounds);
		});
		assertThat(stored).allSatisfy((client) -> assertThat(client.lost() + client.twice() + client.gaps()).isZero());
		all.forEach(SequenceClient::kill);
	}

	private static String sum(List<SequenceClient> clients) {
		return clients.stream().mapToInt(SequenceClient::lost).sum() + " lost silently, "
				+ clients.stream().mapToInt(SequenceClient::twice).sum() + " twice, "
				+ clients.stream().mapToInt(SequenceClient::gaps).sum() + " gaps announced, "
				+ clients.stream().mapToInt(SequenceClient::closings).sum() + " closed by the server";
	}

	private void flow(AtomicBoolean flowing, AtomicLong sent, long pauseNanos) {
		PgNotifyTemplate template = this.server.bean(PgNotifyTemplate.class);
		while (flowing.get()) {
			long next = sent.incrementAndGet();
			template.convertAndSend("live", Long.toString(next));
			template.enqueue("stored", next);
			LockSupport.parkNanos(pauseNanos);
		}
	}

	private static void readSlowly(RawSocketClient slow, AtomicBoolean reading) {
		try {
			while (reading.get() && slow.read() >= 0) {
				LockSupport.parkNanos(1_000_000_000);
			}
		}
		catch (IOException ex) {
			// Closed
		}
	}

	private List<SequenceClient> connect(int count, String channel) throws Exception {
		List<SequenceClient> clients = IntStream.range(0, count)
			.mapToObj((i) -> new SequenceClient(this.server.webSocket("/subscribe?channel=" + channel)))
			.toList();
		connectAll(clients);
		return clients;
	}

	private static void connectAll(List<SequenceClient> clients) throws InterruptedException {
		Semaphore handshakes = new Semaphore(200);
		Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
		List<CompletableFuture<Void>> all = new ArrayList<>();
		for (SequenceClient client : clients) {
			handshakes.acquire();
			all.add(client.connect().whenComplete((connected, failure) -> {
				handshakes.release();
				if (failure != null) {
					failures.add(failure);
				}
			}));
		}
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).exceptionally((ex) -> null).join();
		assertThat(failures).isEmpty();
	}

	private static void notifyLive(int from, int to) {
		database.queryForString("select count(pg_notify('live', i::text)) from generate_series(?, ?) i", from, to);
	}

	private static void awaitLast(List<SequenceClient> clients, long last) {
		await().atMost(PATIENCE)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> clients.stream().allMatch((client) -> client.last() >= last));
	}

	private static long serverThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("http-nio") || thread.getName().startsWith("pgnotify"))
			.count();
	}

	/**
	 * Sends 8 MB a second to all clients together, and measures how long each message
	 * takes.
	 */
	private static final class Load {

		private static final int BYTES_PER_SECOND = 9_000_000;

		private static final String FILLER = "x".repeat(7_900);

		private final List<WebSocketClient> clients;

		private final int perSecond;

		private int sent;

		private Load(List<WebSocketClient> clients, int readers) {
			this.clients = clients;
			this.perSecond = BYTES_PER_SECOND / FILLER.length() / readers;
		}

		private void run(String name, int seconds, Figures... figures) throws SQLException {
			int count = this.perSecond * seconds;
			this.clients.forEach((client) -> client.frames().clear());
			this.clients.forEach(WebSocketClient::timed);
			long begin = System.nanoTime();
			try (Connection connection = database.dataSource().getConnection();
					PreparedStatement statement = connection.prepareStatement("select pg_notify('live', ?)")) {
				for (int i = 0; i < count; i++) {
					long due = begin + i * 1_000_000_000L / this.perSecond;
					LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
					statement.setString(1, System.nanoTime() + " " + FILLER);
					statement.execute();
				}
			}
			this.sent += count;
			long nanos = System.nanoTime() - begin;
			await().atMost(PATIENCE)
				.until(() -> this.clients.stream().allMatch((client) -> client.latencies().size() >= count));
			for (Figures each : figures) {
				this.clients.forEach((client) -> client.latencies().forEach(each::add));
			}
			Figures.print("gateway load " + name,
					"%.1f MB/s".formatted(1e3 * count * FILLER.length() * this.clients.size() / nanos));
		}

		private int lost() {
			return this.sent * this.clients.size() - this.clients.stream().mapToInt((client) -> client.total()).sum();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Closings {

		final Recorder<PgGatewayCloseCode> codes = new Recorder<>();

		@EventListener
		void on(PgGatewayEvent.Disconnected event) {
			this.codes.record(event.code());
		}

	}

}
