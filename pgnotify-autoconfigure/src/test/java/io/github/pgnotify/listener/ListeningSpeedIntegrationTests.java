package io.github.pgnotify.listener;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How fast listening and sending are beside what could be written by hand with the
 * driver, on one server with fsync and synchronous_commit on. Figures are printed; what
 * is asserted is that everything arrives.
 */
class ListeningSpeedIntegrationTests {

	private static ControllableServer server;

	private static DataSource dataSource;

	@BeforeAll
	static void start() {
		server = new ControllableServer("fsync=on", "synchronous_commit=on", "max_connections=200").start();
		dataSource = server.dataSource("postgres");
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	private final ApplicationContextRunner runner = PgNotifyContext.runner()
		.withPropertyValues("spring.datasource.url=" + server.jdbcUrl("postgres"),
				"spring.datasource.username=" + server.username(), "spring.datasource.password=postgres",
				"pgnotify.listener.capacity.messages=10000000", "pgnotify.listener.capacity.bytes=2GB");

	@Test
	void latencyAtAFixedRate() {
		this.runner.run((context) -> {
			int count = Figures.count(400, 4000);
			for (int round = 0; round < 3; round++) {
				latency("raw socket", count, rawSocket());
				latency("bare loop with prompt sockets", count,
						bareLoop("io.github.pgnotify.connection.PromptSocketFactory"));
				latency("bare loop with the driver's sockets", count, bareLoop(null));
				latency("handler entered", count, listener(context.getBean(PgListenerRegistry.class)));
			}
		});
	}

	@Test
	void receivedThroughput() {
		this.runner.run((context) -> {
			int single = Figures.count(10_000, 100_000);
			int batched = Figures.count(100_000, 1_000_000);
			for (int round = 0; round < 3; round++) {
				throughput("bare loop, one message per transaction", single, 1, bareLoop(null));
				throughput("handler entered, one message per transaction", single, 1,
						listener(context.getBean(PgListenerRegistry.class)));
				throughput("bare loop, batches of 1000", batched, 1000, bareLoop(null));
				throughput("handler entered, batches of 1000", batched, 1000,
						listener(context.getBean(PgListenerRegistry.class)));
			}
		});
	}

	@Test
	void sendingThroughput() {
		this.runner.run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			DataSource pool = context.getBean(DataSource.class);
			int single = Figures.count(5_000, 50_000);
			List<String> batch = IntStream.range(0, 1000).mapToObj((i) -> i + "x".repeat(95)).toList();
			for (int round = 0; round < 3; round++) {
				rate("bare statement, single", single, () -> {
					for (int i = 0; i < single; i++) {
						try (Connection connection = pool.getConnection();
								PreparedStatement statement = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
							statement.setString(1, "nobody");
							statement.setString(2, batch.get(i % 1000));
							statement.execute();
						}
					}
				});
				rate("template, single", single, () -> {
					for (int i = 0; i < single; i++) {
						template.convertAndSend("nobody", batch.get(i % 1000));
					}
				});
				int batches = single / 50;
				rate("bare statement, unnest of 1000", batches * 1000, () -> {
					for (int i = 0; i < batches; i++) {
						try (Connection connection = pool.getConnection();
								PreparedStatement statement = connection
									.prepareStatement("SELECT count(pg_notify(?, p)) FROM unnest(?) AS p")) {
							statement.setString(1, "nobody");
							statement.setArray(2, connection.createArrayOf("text", batch.toArray()));
							statement.execute();
						}
					}
				});
				rate("template, 1000 at once", batches * 1000, () -> {
					for (int i = 0; i < batches; i++) {
						template.convertAndSendAll("nobody", batch);
					}
				});
			}
		});
	}

	@Test
	void manyListenersOfOneChannelDoNotSlowThePublisher() {
		this.runner.run((context) -> {
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			int count = Figures.count(5_000, 50_000);
			AtomicLong heard = new AtomicLong();
			for (int listeners : new int[] { 1, 100 }) {
				for (int i = registry.subscriptions()
					.values()
					.stream()
					.mapToInt(java.util.Set::size)
					.sum(); i < listeners; i++) {
					registry.subscribe(i, "many", (notification) -> heard.incrementAndGet()).get(10, TimeUnit.SECONDS);
				}
				heard.set(0);
				rate("publishing to " + listeners + " listener(s) of one JVM", count, () -> publish("many", count, 1));
				org.awaitility.Awaitility.await()
					.atMost(Duration.ofSeconds(60))
					.until(() -> heard.get() == (long) count * listeners);
			}
		});
	}

	private static void latency(String name, int count, Receiver receiver) throws Exception {
		long[] heardAt = new long[count];
		CountDownLatch all = new CountDownLatch(count);
		receiver.receive(count, (payload) -> {
			heardAt[Integer.parseInt(payload.substring(0, payload.indexOf(' ')))] = System.nanoTime();
			all.countDown();
		});
		Figures figures = new Figures("publish -> " + name + ", 200/s");
		long[] sentAt = new long[count];
		try (Connection sender = dataSource.getConnection();
				PreparedStatement statement = sender.prepareStatement("SELECT pg_notify('speed', ?)")) {
			long begin = System.nanoTime();
			for (int i = 0; i < count; i++) {
				long due = begin + i * 5_000_000L;
				while (System.nanoTime() < due) {
					LockSupport.parkNanos(due - System.nanoTime());
				}
				sentAt[i] = System.nanoTime();
				statement.setString(1, i + " " + "x".repeat(90));
				statement.execute();
			}
		}
		assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
		IntStream.range(0, count).forEach((i) -> figures.add(Duration.ofNanos(heardAt[i] - sentAt[i])));
		figures.print();
		receiver.close();
	}

	private static void throughput(String name, int count, int batch, Receiver receiver) throws Exception {
		CountDownLatch all = new CountDownLatch(count);
		receiver.receive(count, (payload) -> all.countDown());
		long begin = System.nanoTime();
		publish("speed", count, batch);
		assertThat(all.await(120, TimeUnit.SECONDS)).isTrue();
		print("received, " + name, count, begin);
		receiver.close();
	}

	private static void publish(String channel, int count, int batch) throws Exception {
		try (Connection sender = dataSource.getConnection();
				PreparedStatement statement = sender.prepareStatement(
						"SELECT count(pg_notify(?, n || ' ' || repeat('x', 95))) FROM generate_series(?, ?) AS n")) {
			statement.setString(1, channel);
			for (int i = 0; i < count; i += batch) {
				statement.setInt(2, i);
				statement.setInt(3, i + batch - 1);
				statement.execute();
			}
		}
	}

	private static void rate(String name, int count, Work work) throws Exception {
		long begin = System.nanoTime();
		work.run();
		print("sent, " + name, count, begin);
	}

	private static void print(String name, int count, long begin) {
		Figures.print(name, "%,.0f/s".formatted(count / ((System.nanoTime() - begin) / 1e9)));
	}

	private static Receiver rawSocket() {
		return new Receiver() {

			private RawListener listener;

			@Override
			public void receive(int count, java.util.function.Consumer<String> consumer) throws Exception {
				this.listener = new RawListener(server.host(), server.port(), server.username(), "speed");
				Thread reader = new Thread(() -> {
					try {
						this.listener.read(count, consumer);
					}
					catch (java.io.IOException ex) {
						throw new java.io.UncheckedIOException(ex);
					}
				}, "raw-listener");
				reader.start();
			}

			@Override
			public void close() throws Exception {
				this.listener.close();
			}

		};
	}

	private static Receiver bareLoop(String socketFactory) {
		return new Receiver() {

			private Connection connection;

			@Override
			public void receive(int count, java.util.function.Consumer<String> consumer) throws Exception {
				java.util.Properties properties = new java.util.Properties();
				properties.setProperty("user", server.username());
				properties.setProperty("password", "postgres");
				if (socketFactory != null) {
					properties.setProperty("socketFactory", socketFactory);
				}
				this.connection = java.sql.DriverManager.getConnection(server.jdbcUrl("postgres"), properties);
				try (Statement statement = this.connection.createStatement()) {
					statement.execute("LISTEN speed");
				}
				PGConnection driver = this.connection.unwrap(PGConnection.class);
				CompletableFuture.runAsync(() -> {
					int received = 0;
					while (received < count) {
						try {
							PGNotification[] notifications = driver.getNotifications(10_000);
							Arrays.stream(notifications).map(PGNotification::getParameter).forEach(consumer);
							received += notifications.length;
						}
						catch (java.sql.SQLException ex) {
							throw new IllegalStateException(ex);
						}
					}
				});
			}

			@Override
			public void close() throws Exception {
				this.connection.close();
			}

		};
	}

	private static Receiver listener(PgListenerRegistry registry) {
		return new Receiver() {

			@Override
			public void receive(int count, java.util.function.Consumer<String> consumer) throws Exception {
				registry
					.subscribe("speed", "speed",
							(notification) -> consumer.accept(String.valueOf(notification.payload())))
					.get(10, TimeUnit.SECONDS);
			}

			@Override
			public void close() throws Exception {
				registry.unsubscribe("speed", "speed").get(10, TimeUnit.SECONDS);
			}

		};
	}

	private interface Receiver {

		void receive(int count, java.util.function.Consumer<String> consumer) throws Exception;

		void close() throws Exception;

	}

	@FunctionalInterface
	private interface Work {

		void run() throws Exception;

	}

}
