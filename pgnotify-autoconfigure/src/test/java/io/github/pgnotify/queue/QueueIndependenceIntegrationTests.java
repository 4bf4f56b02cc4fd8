package io.github.pgnotify.queue;

import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.PgBouncer;
import io.github.pgnotify.testsupport.fault.PgBouncer.PoolMode;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the queue needs of the application's connections, and of notifications: nothing
 * that it cannot do without.
 */
class QueueIndependenceIntegrationTests {

	private static final Duration LEASE = Duration.ofSeconds(2);

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@ParameterizedTest
	@EnumSource(names = { "TRANSACTIONAL", "AT_LEAST_ONCE" })
	void noLeaseIsLostThoughEveryConnectionOfThePoolIsBusyForSeveralLeases(AckMode ack) throws Exception {
		Queue<String> started = new ConcurrentLinkedQueue<>();
		CountDownLatch busy = new CountDownLatch(2);
		CountDownLatch goOn = new CountDownLatch(1);
		try (HikariDataSource pool = pool(this.database.jdbcUrl(), 2);
				QueueHarness queue = new QueueHarness(this.database.dataSource())) {
			queue.with(QueueHarness.lease(LEASE));
			queue.start(pool, QueueHarness.consumer("billing", ack, 2, 1, (messages) -> {
				started.add("busy" + messages.get(0).data());
				// In a transaction it is the transaction's
				Connection connection = DataSourceUtils.getConnection(pool);
				try {
					busy.countDown();
					goOn.await();
				}
				finally {
					DataSourceUtils.releaseConnection(connection, pool);
				}
			}));
			queue.store("1", "2", "3", "4", "5");
			patiently().until(() -> busy.getCount() == 0 && queue.count("delivery WHERE state = 'leased'") == 5);
			assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(2);
			queue.start("billing", (messages) -> started.add("thief" + messages.get(0).data()));
			for (int i = 0; i < Figures.count(4, 20); i++) {
				String leases = leases();
				patiently().until(() -> leases().compareTo(leases) > 0);
				String heartbeat = heartbeat();
				patiently().until(() -> heartbeat().compareTo(heartbeat) > 0);
			}
			patiently().pollDelay(LEASE.multipliedBy(2)).until(() -> true);
			goOn.countDown();
			patiently().until(() -> queue.count("delivery") == 0);
			assertThat(started).containsExactlyInAnyOrder("busy1", "busy2", "busy3", "busy4", "busy5");
			assertThat(queue.events()).noneMatch(PgQueueEvent.LeaseLost.class::isInstance)
				.noneMatch(PgQueueEvent.Reclaimed.class::isInstance);
		}
	}

	@Test
	void aLeaseOfASecondIsKeptFromTheFirstMomentByAWorkerThatWasIdle() throws Exception {
		Queue<String> started = new ConcurrentLinkedQueue<>();
		List<QueueConsumers> instances = new ArrayList<>();
		try (QueueHarness queue = new QueueHarness(this.database.dataSource())) {
			queue.with(QueueHarness.lease(Duration.ofSeconds(1)));
			for (int i = 0; i < 3; i++) {
				// Looks seldom, and sleeps between
				instances.add(queue.instance(new Misled()));
				instances.get(i).add(QueueHarness.consumer("billing", (messages) -> {
					started.add(String.valueOf(messages.get(0).data()));
					new CountDownLatch(1).await(2500, TimeUnit.MILLISECONDS);
				}));
				instances.get(i).start();
			}
			int rounds = Figures.count(5, 50);
			for (int i = 1; i <= rounds; i++) {
				queue.store(String.valueOf(i));
				instances.get(i % 3).stored(Set.of(QueueHarness.ORDERS));
				patiently().until(() -> queue.count("delivery") == 0);
			}
			assertThat(started).hasSize(rounds);
			assertThat(queue.events()).noneMatch(PgQueueEvent.LeaseLost.class::isInstance);
		}
	}

	@Test
	void messagesAreClaimedWithinThePollIntervalThoughEveryWakeUpIsLost() throws Exception {
		Duration pollInterval = Duration.ofSeconds(1);
		AtomicInteger handled = new AtomicInteger();
		Figures figures = new Figures(
				"stored -> handled without wake-ups, looked for every " + pollInterval.toMillis() + " ms");
		try (QueueHarness queue = new QueueHarness(this.database.dataSource())) {
			queue.with((settings) -> new QueueSettings("test", settings.lease(), pollInterval, 100,
					settings.prefetchBytes(), settings.retryPolicy(), settings.retention(),
					settings.deadLetterRetention(), settings.shutdownGrace()));
			QueueConsumers instance = queue.instance(new Misled());
			instance.add(QueueHarness.consumer("billing", (messages) -> handled.incrementAndGet()));
			instance.start();
			int rounds = Figures.count(5, 100);
			for (int i = 1; i <= rounds; i++) {
				int expected = i;
				queue.store(String.valueOf(i));
				long begin = System.nanoTime();
				patiently().pollInterval(Duration.ofMillis(5)).until(() -> handled.get() == expected);
				Duration took = Duration.ofNanos(System.nanoTime() - begin);
				figures.add(took);
				assertThat(took).isLessThan(pollInterval.multipliedBy(5));
			}
		}
		figures.print();
	}

	@ParameterizedTest
	@EnumSource(AckMode.class)
	void worksWithTheApplicationBehindATransactionPooler(AckMode ack) throws Exception {
		Queue<String> handled = new ConcurrentLinkedQueue<>();
		String large = "\"" + "x".repeat(200_000) + "\"";
		try (PgBouncer pooler = PgBouncer.to(this.database, PoolMode.TRANSACTION);
				HikariDataSource pool = pool(pooler.jdbcUrl(this.database.name()) + "?prepareThreshold=0", 4);
				QueueHarness queue = new QueueHarness(this.database.dataSource())) {
			this.database.execute("CREATE TABLE effect (message bigint)");
			JdbcTemplate jdbc = new JdbcTemplate(pool);
			queue.start(pool, QueueHarness.consumer("billing", ack, 3, 2, (messages) -> messages.forEach((message) -> {
				jdbc.update("INSERT INTO effect VALUES (?)", message.delivery().messageId());
				handled.add(String.valueOf(message.data()));
			})));
			for (int i = 0; i < 50; i++) {
				queue.store(String.valueOf(i));
			}
			queue.store(large);
			patiently().until(() -> queue.count("delivery") == 0 && handled.size() >= 51);
			assertThat(handled).hasSize(51).contains(large).doesNotHaveDuplicates();
			assertThat(this.database.queryForString("SELECT count(*) || ' ' || count(DISTINCT message) FROM effect"))
				.isEqualTo("51 51");
		}
	}

	private HikariDataSource pool(String url, int size) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url);
		pool.setUsername(this.database.username());
		pool.setPassword(this.database.password());
		pool.setMaximumPoolSize(size);
		return pool;
	}

	private String leases() {
		return String.valueOf(this.database.queryForString(
				"SELECT coalesce(min(leased_until), 'epoch')::text FROM queue.delivery WHERE state = 'leased'"));
	}

	private String heartbeat() {
		return String.valueOf(this.database.queryForString("SELECT max(heartbeat_at)::text FROM queue.instance "
				+ "WHERE id IN (SELECT owner FROM queue.delivery)"));
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	/**
	 * Believes to hear, and does not.
	 */
	private static final class Misled implements WakeUpSource {

		@Override
		public void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap) {
		}

		@Override
		public boolean isHearing() {
			return true;
		}

	}

}
