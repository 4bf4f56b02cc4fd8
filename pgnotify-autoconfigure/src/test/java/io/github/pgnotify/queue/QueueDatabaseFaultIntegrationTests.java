package io.github.pgnotify.queue;

import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import io.github.pgnotify.testsupport.fault.ControllableServer.StopMode;
import io.github.pgnotify.testsupport.fault.Seed;
import io.github.pgnotify.testsupport.fault.TcpProxy;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of stored messages when the database goes away, stands still, or cannot be
 * reached by the queue's own connection.
 */
class QueueDatabaseFaultIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@Test
	void nothingIsLostWhenTheDatabaseRestartsUnderLoad() throws Exception {
		int restarts = Figures.count(5, 20);
		Random random = Seed.random("restarts");
		Queue<Long> returned = new ConcurrentLinkedQueue<>();
		try (ControllableServer server = new ControllableServer("fsync=on").start();
				QueueHarness queue = new QueueHarness(server.dataSource("postgres"));
				ProducerLog producers = new ProducerLog(server.dataSource("postgres"), 2, Duration.ofMillis(3))) {
			JdbcTemplate jdbc = queue.jdbc();
			assertThat(jdbc.queryForObject("SHOW fsync", String.class)).isEqualTo("on");
			for (int i = 0; i < 2; i++) {
				queue.start("billing", (messages) -> returned.add(HandlerLog.number(messages.get(0))));
			}
			producers.start();
			for (int i = 0; i < restarts; i++) {
				int before = returned.size();
				patiently().until(() -> returned.size() > before + 50);
				LockSupport.parkNanos(Duration.ofMillis(random.nextInt(300)).toNanos());
				switch (i % 3) {
					case 0 -> server.stop(StopMode.FAST);
					case 1 -> server.stop(StopMode.IMMEDIATE);
					default -> server.kill();
				}
				server.start();
			}
			producers.stop();
			patiently().ignoreExceptions().until(() -> queue.count("delivery") == 0);
			QueueAudit audit = QueueAudit.of(producers, returned, jdbc);
			Figures.print(restarts + " restarts", audit);
			assertThat(audit.isSettled()).as("%s", audit).isTrue();
			assertThat(audit.dead()).isEmpty();
		}
	}

	@Test
	void aWorkerWhoseConnectionIsTerminatedKeepsWhatItHas() throws Exception {
		int kills = Figures.count(20, 200);
		CountDownLatch goOn = new CountDownLatch(1);
		Queue<String> started = new ConcurrentLinkedQueue<>();
		try (QueueHarness queue = new QueueHarness(this.database)) {
			queue.with(QueueHarness.lease(Duration.ofSeconds(2)));
			queue.start(named("a", this.database.jdbcUrl()), QueueHarness.consumer("billing", (messages) -> {
				started.add("a" + messages.get(0).data());
				goOn.await();
			}));
			queue.store("1", "2", "3", "4", "5");
			patiently().until(() -> queue.count("delivery WHERE state = 'leased'") == 5);
			queue.start(named("b", this.database.jdbcUrl()),
					QueueHarness.consumer("billing", (messages) -> started.add("b" + messages.get(0).data())));
			Figures figures = new Figures("queue's backend terminated -> leases stamped by the new one");
			for (int i = 0; i < kills; i++) {
				int owner = owner(queue);
				long begin = System.nanoTime();
				assertThat(terminate("a queue")).isOne();
				patiently().pollInterval(Duration.ofMillis(5)).until(() -> owner(queue) > owner);
				figures.add(Duration.ofNanos(System.nanoTime() - begin));
			}
			figures.print();
			goOn.countDown();
			patiently().until(() -> queue.count("delivery") == 0);
			assertThat(started).containsExactly("a1", "a2", "a3", "a4", "a5");
			assertThat(queue.events()).noneMatch(PgQueueEvent.LeaseLost.class::isInstance);
			assertThat(queue.events()).noneMatch(PgQueueEvent.Reclaimed.class::isInstance);
		}
	}

	@Test
	void workersThatComeBackWithTheDatabaseDoNotTakeFromEachOther() throws Exception {
		int rounds = Figures.count(2, 20);
		CountDownLatch goOn = new CountDownLatch(1);
		Queue<String> started = new ConcurrentLinkedQueue<>();
		try (ControllableServer server = new ControllableServer().start();
				QueueHarness queue = new QueueHarness(server.dataSource("postgres"))) {
			queue.with((settings) -> new QueueSettings("test", settings.lease(), settings.pollInterval(), 5,
					settings.prefetchBytes(), settings.retryPolicy(), settings.retention(),
					settings.deadLetterRetention(), settings.shutdownGrace()));
			for (int i = 0; i < 20; i++) {
				queue.store(String.valueOf(i));
			}
			for (int i = 0; i < 4; i++) {
				queue.start("billing", (messages) -> {
					started.add(String.valueOf(messages.get(0).data()));
					goOn.await();
				});
			}
			patiently().until(() -> owners(queue, 0) == 20);
			for (int i = 0; i < rounds; i++) {
				int newest = queue.jdbc().queryForObject("SELECT max(id) FROM queue.instance", Integer.class);
				server.stop(StopMode.FAST);
				// All of them seem to have been silent for long
				pass(Reaper.SILENCE.plusSeconds(1));
				server.start();
				patiently().until(() -> owners(queue, newest) == 20);
			}
			goOn.countDown();
			patiently().until(() -> queue.count("delivery") == 0);
			assertThat(started).hasSize(20).doesNotHaveDuplicates();
			assertThat(queue.events()).noneMatch(PgQueueEvent.LeaseLost.class::isInstance)
				.noneMatch(PgQueueEvent.Reclaimed.class::isInstance);
		}
	}

	@Test
	void noMessageIsBegunTwiceWhenConnectionsAreTerminatedUnderLoad() throws Exception {
		int kills = Figures.count(20, 200);
		Random random = Seed.random("terminations");
		Queue<Long> returned = new ConcurrentLinkedQueue<>();
		try (QueueHarness queue = new QueueHarness(this.database);
				ProducerLog producers = new ProducerLog(this.database.dataSource(), 2, Duration.ofMillis(2))) {
			for (String name : List.of("a", "b")) {
				queue.start(named(name, this.database.jdbcUrl()), QueueHarness.consumer("billing", (messages) -> {
					LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
					returned.add(HandlerLog.number(messages.get(0)));
				}));
			}
			producers.start();
			for (int i = 0; i < kills; i++) {
				int before = returned.size();
				patiently().until(() -> returned.size() > before + 10);
				LockSupport.parkNanos(Duration.ofMillis(random.nextInt(200)).toNanos());
				terminate((random.nextBoolean() ? "a" : "b") + " queue");
			}
			producers.stop();
			patiently().until(() -> queue.count("delivery") == 0);
			QueueAudit audit = QueueAudit.of(producers, returned, queue.jdbc());
			Figures.print(kills + " terminated connections", audit);
			assertThat(audit.isSettled()).as("%s", audit).isTrue();
			assertThat(audit.again()).isZero();
			assertThat(audit.dead()).isEmpty();
			assertThat(queue.events()).noneMatch(PgQueueEvent.LeaseLost.class::isInstance);
		}
	}

	@Test
	void whatWaitsWhileTheNetworkIsHalfOpenForLongerThanALeaseIsHandledWhenItHeals() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(this.database); QueueHarness queue = new QueueHarness(this.database)) {
			outage(queue, named("a", proxy.jdbcUrl(this.database.name())), proxy::stopForwarding, () -> {
				proxy.reset();
				proxy.resume();
			});
		}
	}

	@Test
	void whatWaitsWhileTheServerIsFrozenForLongerThanALeaseIsHandledWhenItGoesOn() throws Exception {
		try (ControllableServer server = new ControllableServer().start();
				QueueHarness queue = new QueueHarness(server.dataSource("postgres"))) {
			outage(queue, named("a", server.jdbcUrl("postgres")), server::freeze, server::thaw);
		}
	}

	/**
	 * What is being handled, and what is leased and waits, outlives its lease, and nobody
	 * else is there to take it.
	 */
	private void outage(QueueHarness queue, PgListenerConnectionSource source, Runnable begin, Runnable end) {
		Duration lease = Duration.ofSeconds(1);
		CountDownLatch goOn = new CountDownLatch(1);
		Queue<String> started = new ConcurrentLinkedQueue<>();
		queue.with(QueueHarness.lease(lease));
		queue.start(source, QueueHarness.consumer("billing", (messages) -> {
			started.add(String.valueOf(messages.get(0).data()));
			goOn.await();
		}));
		queue.store("1", "2", "3", "4", "5");
		patiently().until(() -> queue.count("delivery WHERE state = 'leased'") == 5 && started.size() == 1);
		begin.run();
		pass(lease.multipliedBy(2));
		goOn.countDown();
		pass(lease.multipliedBy(3));
		long begun = System.nanoTime();
		end.run();
		patiently().ignoreExceptions().until(() -> queue.count("delivery") == 0);
		Figures.print("network or server heals -> all handled", Duration.ofNanos(System.nanoTime() - begun));
		assertThat(started).contains("1", "2", "3", "4", "5").hasSizeLessThanOrEqualTo(6);
		assertThat(queue.count("dead_letter")).isZero();
	}

	private static void pass(Duration duration) {
		patiently().pollDelay(duration).until(() -> true);
	}

	private static long owners(QueueHarness queue, int newerThan) {
		return queue.count("delivery WHERE state = 'leased' AND owner > " + newerThan);
	}

	private static int owner(QueueHarness queue) {
		List<Integer> owners = queue.jdbc()
			.queryForList("SELECT DISTINCT owner FROM queue.delivery WHERE state = 'leased'", Integer.class);
		return (owners.size() == 1) ? owners.get(0) : -1;
	}

	private long terminate(String name) {
		return this.database.jdbc()
			.queryForObject("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
					+ "WHERE datname = current_database() AND application_name = ?", Long.class, name);
	}

	private PgListenerConnectionSource named(String name, String url) {
		Properties properties = new Properties();
		properties.setProperty("user", this.database.username());
		properties.setProperty("password", this.database.password());
		properties.setProperty("ApplicationName", name);
		properties.setProperty("socketTimeout", "3");
		properties.setProperty("connectTimeout", "3");
		return () -> DriverManager.getConnection(url, properties);
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

}
