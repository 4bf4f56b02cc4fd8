package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.AckMode;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.LeaseLostException;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.BackendMessage;
import io.github.pgnotify.testsupport.fault.TcpProxy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static io.github.pgnotify.queue.QueueHarness.ORDERS;
import static io.github.pgnotify.queue.QueueHarness.consumer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * That a worker which lost its lease changes nothing any more, and that an answer which
 * never came is never taken for a yes.
 */
@Timeout(1800)
class QueueFencingIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final int PAUSED_AT_ONCE = 50;

	private static final int CUTS = Figures.count(100, 1000);

	private static final Predicate<BackendMessage> ACKNOWLEDGED = BackendMessage.commandComplete("DELETE 1");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final Map<Long, AtomicInteger> handled = new ConcurrentHashMap<>();

	private QueueHarness queue;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
		this.database.execute("CREATE TABLE effect (message bigint)");
	}

	@AfterEach
	void stop() {
		this.queue.close();
	}

	@ParameterizedTest
	@EnumSource(value = AckMode.class, names = "AT_MOST_ONCE", mode = EnumSource.Mode.EXCLUDE)
	void aWorkerThatWasPausedBeyondItsLeaseChangesNothing(AckMode ack) throws Exception {
		int subscription = HandWorker.subscribe(this.queue.dataSource(), "billing");
		int rounds = Figures.count(200, 10_000) / PAUSED_AT_ONCE;
		Pauses pauses = new Pauses();
		try (HikariDataSource pool = pool(); HandWorker thief = new HandWorker(this.queue.dataSource(), subscription)) {
			pauses.jdbc = new JdbcTemplate(pool);
			QueueConsumers instance = new QueueInstance(this.queue).dataSource(pool).build();
			instance.add(consumer("billing", ack, PAUSED_AT_ONCE, 1,
					(messages) -> pauses.handle(messages.get(0).delivery())));
			instance.start();
			for (int round = 0; round < rounds; round++) {
				pauses.next();
				this.database.execute("INSERT INTO queue.message (channel, data, announce) "
						+ "SELECT 'orders', '1', false FROM generate_series(1, " + PAUSED_AT_ONCE + ")");
				instance.stored(Set.of(ORDERS));
				await().atMost(PATIENCE).until(() -> pauses.begun.get() == PAUSED_AT_ONCE);
				List<LeasedDelivery> stolen = steal(thief);
				assertThat(stolen).hasSize(PAUSED_AT_ONCE);
				if (round % 2 == 0) {
					complete(thief, stolen);
				}
				pauses.goOn.countDown();
				await().atMost(PATIENCE).until(() -> pauses.ended.get() == PAUSED_AT_ONCE);
				if (round % 2 == 1) {
					awaitLeaseLost((round + 1) * PAUSED_AT_ONCE * 2 / 5);
					complete(thief, stolen);
				}
				assertThat(this.queue.count("delivery")).isZero();
			}
			awaitLeaseLost(rounds * PAUSED_AT_ONCE * 2 / 5);
			instance.stop();
		}
		assertThat(this.queue.count("delivery")).isZero();
		assertThat(this.queue.count("dead_letter")).isZero();
		assertThat(pauses.refused).hasValue(rounds * PAUSED_AT_ONCE * 3 / 5);
		// In autocommit mode the fence cannot take effects back; in the transaction it
		// does
		assertThat(this.database.queryForString("SELECT count(*) FROM effect"))
			.isEqualTo((ack == AckMode.TRANSACTIONAL) ? "0" : String.valueOf(rounds * PAUSED_AT_ONCE));
		Figures.print("workers paused beyond their lease, " + ack,
				rounds * PAUSED_AT_ONCE + ", stale completions accepted 0");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aProducerIsNeverToldThatACommitSucceededWhoseReplyWasCut(boolean autoCommit) throws Exception {
		HandWorker.subscribe(this.queue.dataSource(), "billing");
		try (TcpProxy proxy = TcpProxy.to(this.database)) {
			DriverManagerDataSource source = through(proxy);
			for (int i = 0; i < CUTS; i++) {
				String id = autoCommit + "-" + i;
				proxy.cutReply(BackendMessage.commandComplete(autoCommit ? "INSERT" : "COMMIT"));
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> store(source, id, autoCommit));
				proxy.awaitCuts(i + 1);
				store(source, id, autoCommit);
			}
		}
		assertThat(this.queue.count("message")).isEqualTo(CUTS);
		assertThat(this.queue.count("delivery")).isEqualTo(CUTS);
		Figures.print("cut replies to producers, " + (autoCommit ? "autocommit" : "commit"),
				CUTS + ", reported as success 0, rows twice 0");
	}

	@Test
	void anAcknowledgementWhoseReplyWasCutIsNeitherLostNorTheMessageHandledAgain() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(this.database)) {
			QueueConsumers instance = new QueueInstance(this.queue).source(through(proxy)::getConnection).build();
			instance.add(consumer("billing", (messages) -> handled(messages.get(0).delivery())));
			cut(instance, proxy, ACKNOWLEDGED);
			assertThat(this.queue.events()).noneMatch(PgQueueEvent.LeaseLost.class::isInstance);
		}
		Figures.print("cut replies to acknowledgements", CUTS + ", handled twice 0, lost 0");
	}

	@Test
	void aHandlersTransactionWhoseReplyWasCutHappensOnce() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(this.database)) {
			DriverManagerDataSource application = through(proxy);
			JdbcTemplate jdbc = new JdbcTemplate(application);
			QueueConsumers instance = new QueueInstance(this.queue).dataSource(application).build();
			instance.add(consumer("billing", AckMode.TRANSACTIONAL, 1, 1, (messages) -> {
				handled(messages.get(0).delivery());
				jdbc.update("INSERT INTO effect VALUES (?)", messages.get(0).delivery().messageId());
			}));
			cut(instance, proxy, BackendMessage.commandComplete("COMMIT"));
		}
		assertThat(this.database.queryForString("SELECT count(*) || ' ' || count(DISTINCT message) FROM effect"))
			.isEqualTo(CUTS + " " + CUTS);
		Figures.print("cut replies to handlers' commits", CUTS + ", effects twice 0, lost 0");
	}

	private void cut(QueueConsumers instance, TcpProxy proxy, Predicate<BackendMessage> reply) {
		instance.start();
		await().atMost(PATIENCE).until(() -> this.queue.count("subscription WHERE state = 'active'") == 1);
		for (int i = 0; i < CUTS; i++) {
			proxy.cutReply(reply);
			this.queue.store("1");
			instance.stored(Set.of(ORDERS));
			proxy.awaitCuts(i + 1);
		}
		await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 0);
		instance.stop();
		assertThat(this.handled).hasSize(CUTS);
		assertThat(this.handled.values()).allMatch((count) -> count.get() == 1);
		assertThat(this.queue.count("dead_letter")).isZero();
	}

	private void handled(Delivery delivery) {
		this.handled.computeIfAbsent(delivery.messageId(), (id) -> new AtomicInteger()).incrementAndGet();
	}

	private static void store(DriverManagerDataSource source, String id, boolean autoCommit) throws SQLException {
		try (Connection connection = source.getConnection();
				var statement = connection.prepareStatement("INSERT INTO queue.message (channel, data, announce, "
						+ "deduplication_id) VALUES ('orders', '1', false, ?) ON CONFLICT DO NOTHING")) {
			connection.setAutoCommit(autoCommit);
			statement.setString(1, id);
			statement.executeUpdate();
			if (!autoCommit) {
				connection.commit();
			}
		}
	}

	/** In one transaction, or the instance would be as fast to take one of them back. */
	private static List<LeasedDelivery> steal(HandWorker thief) throws SQLException {
		Connection connection = thief.connection();
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate("UPDATE queue.delivery SET leased_until = clock_timestamp() - interval '1 s' "
					+ "WHERE state = 'leased'");
			thief.reclaim();
			List<LeasedDelivery> stolen = new ArrayList<>();
			for (List<LeasedDelivery> one = thief.claim(1); !one.isEmpty(); one = thief.claim(1)) {
				stolen.addAll(one);
			}
			connection.commit();
			return stolen;
		}
		finally {
			connection.setAutoCommit(true);
		}
	}

	private static void complete(HandWorker thief, List<LeasedDelivery> stolen) throws SQLException {
		for (LeasedDelivery delivery : stolen) {
			assertThat(thief.settle(delivery, Settlement.Outcome.DONE)).isTrue();
		}
	}

	/** Each that returned or threw is told that it has lost its lease. */
	private void awaitLeaseLost(int atLeast) {
		await().atMost(PATIENCE)
			.until(() -> this.queue.events()
				.stream()
				.filter(PgQueueEvent.LeaseLost.class::isInstance)
				.count() >= atLeast);
	}

	private DriverManagerDataSource through(TcpProxy proxy) {
		return new DriverManagerDataSource(proxy.jdbcUrl(this.database.name()), this.database.username(),
				this.database.password());
	}

	private HikariDataSource pool() {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(this.database.jdbcUrl());
		config.setUsername(this.database.username());
		config.setPassword(this.database.password());
		config.setMaximumPoolSize(PAUSED_AT_ONCE + 5);
		return new HikariDataSource(config);
	}

	/**
	 * A listener that pauses, and does one thing or another when it goes on.
	 */
	private static final class Pauses {

		private final AtomicInteger refused = new AtomicInteger();

		private JdbcTemplate jdbc;

		private volatile AtomicInteger begun = new AtomicInteger();

		private volatile AtomicInteger ended = new AtomicInteger();

		private volatile CountDownLatch goOn = new CountDownLatch(1);

		void next() {
			this.begun = new AtomicInteger();
			this.ended = new AtomicInteger();
			this.goOn = new CountDownLatch(1);
		}

		void handle(Delivery delivery) throws Exception {
			AtomicInteger countEnd = this.ended;
			CountDownLatch pause = this.goOn;
			this.jdbc.update("INSERT INTO effect VALUES (?)", delivery.messageId());
			int number = this.begun.incrementAndGet();
			pause.await();
			try {
				switch (number % 5) {
					case 0 -> refused(() -> delivery.extend(Duration.ofMinutes(1)));
					case 1 -> refused(() -> delivery.negativeAcknowledge(Duration.ZERO));
					case 2 -> refused(() -> delivery.deadLetter("too late"));
					case 3 -> throw new IllegalStateException("too late");
					default -> {
					}
				}
			}
			finally {
				countEnd.incrementAndGet();
			}
		}

		private void refused(Runnable settle) {
			try {
				settle.run();
			}
			catch (LeaseLostException ex) {
				this.refused.incrementAndGet();
				throw ex;
			}
		}

	}

}
