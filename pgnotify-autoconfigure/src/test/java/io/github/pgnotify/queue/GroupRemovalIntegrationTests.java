package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * That nothing is left of a removed group, whatever goes on meanwhile.
 */
class GroupRemovalIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private QueueHarness queue;

	private PgQueueAdmin admin;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
		this.admin = new PgQueueAdmin(this.queue.dataSource(), "queue", (channels) -> {
		});
		this.database.execute("INSERT INTO queue.subscription (channel, group_name, start_at, state) "
				+ "VALUES ('orders', 'billing', 'earliest', 'active'), ('orders', 'audit', 'earliest', 'active')");
	}

	@AfterEach
	void stop() {
		this.queue.close();
	}

	@Test
	void allOfTheGroupIsGoneAndNothingElse() {
		this.database.execute("INSERT INTO queue.message (channel, announce) "
				+ "SELECT 'orders', false FROM generate_series(1, 12000)");
		this.database.execute("WITH dead AS (DELETE FROM queue.delivery WHERE message_id <= 6000 RETURNING *) "
				+ "INSERT INTO queue.dead_letter (message_id, subscription_id, reason, attempts, token) "
				+ "SELECT message_id, subscription_id, 'failed', 1, 1 FROM dead");
		assertThat(this.admin.remove("orders", "billing")).isTrue();
		assertThat(this.admin.groups()).singleElement().satisfies((group) -> {
			assertThat(group.group()).isEqualTo("audit");
			assertThat(group.ready()).isEqualTo(6000);
			assertThat(group.deadLetters()).isEqualTo(6000);
		});
		assertThat(this.queue.count("delivery")).isEqualTo(6000);
		assertThat(this.queue.count("dead_letter")).isEqualTo(6000);
		assertThat(this.queue.count("message")).isEqualTo(12000);
		assertThat(this.admin.remove("orders", "billing")).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void aProducerThatBeganBeforeIsWaitedForAndLeavesNothingBehind(String isolation) throws SQLException {
		try (Connection producer = begin(isolation); Statement statement = producer.createStatement()) {
			statement.execute("INSERT INTO queue.message (channel) VALUES ('orders')");
			assertThat(this.admin.remove("orders", "billing")).isFalse();
			assertThat(this.admin.groups()).extracting(GroupStatus::state)
				.containsExactly(GroupStatus.State.ACTIVE, GroupStatus.State.REMOVING);
			this.queue.store("2");
			producer.commit();
		}
		assertThat(this.queue.count("delivery WHERE subscription_id = 1")).isOne();
		retention().cleanUp();
		assertThat(this.admin.groups()).extracting(GroupStatus::group).containsExactly("audit");
		assertThat(this.queue.count("delivery WHERE subscription_id = 1")).isZero();
		assertThat(this.queue.count("delivery WHERE subscription_id = 2")).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void aProducerWhoseSnapshotIsOlderFailsInsteadOfLeavingSomethingBehind(String isolation) throws SQLException {
		try (Connection producer = begin(isolation); Statement statement = producer.createStatement()) {
			statement.execute("SELECT count(*) FROM queue.message");
			assertThat(this.admin.remove("orders", "billing")).isTrue();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.execute("INSERT INTO queue.message (channel) VALUES ('orders')"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("40001"));
		}
		assertThat(this.queue.count("delivery")).isZero();
	}

	@Test
	void aRedriveThatBeganBeforeLeavesNothingBehind() {
		this.queue.store("1");
		this.database.execute("DELETE FROM queue.delivery; INSERT INTO queue.dead_letter "
				+ "(message_id, subscription_id, reason, attempts, token) VALUES (1, 1, 'failed', 1, 1)");
		TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(this.queue.dataSource()));
		transaction.executeWithoutResult((status) -> {
			assertThat(this.admin.redriveAll("orders", "billing")).isOne();
			await().until(() -> inAnotherThread(() -> this.admin.remove("orders", "billing")));
		});
		assertThat(this.admin.redriveAll("orders", "billing")).isZero();
		retention().cleanUp();
		assertThat(this.queue.count("delivery")).isZero();
		assertThat(this.admin.groups()).hasSize(1);
	}

	@Test
	void inATransactionOfTheCallerTheGroupIsMarkedAndRemovedAfterTheCommit() {
		this.queue.store("1");
		TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(this.queue.dataSource()));
		transaction.executeWithoutResult((status) -> {
			assertThat(this.admin.remove("orders", "billing")).isFalse();
			status.setRollbackOnly();
		});
		assertThat(this.admin.groups()).extracting(GroupStatus::state).containsOnly(GroupStatus.State.ACTIVE);
		transaction.executeWithoutResult((status) -> assertThat(this.admin.remove("orders", "billing")).isFalse());
		assertThat(this.queue.count("delivery")).isEqualTo(2);
		retention().cleanUp();
		assertThat(this.admin.groups()).hasSize(1);
		assertThat(this.queue.count("delivery")).isOne();
	}

	@Test
	void aHandlersTransactionIsNotWaitedForButOutlived() throws SQLException {
		this.queue.store("1");
		try (Connection handler = begin("READ COMMITTED"); Statement statement = handler.createStatement()) {
			statement.execute("SELECT FROM queue.delivery WHERE subscription_id = 1 FOR UPDATE");
			assertThat(this.admin.remove("orders", "billing")).isFalse();
			handler.rollback();
		}
		assertThat(this.admin.remove("orders", "billing")).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "AT_LEAST_ONCE", "TRANSACTIONAL", "AT_MOST_ONCE" })
	void whatAMemberStillCompletesDoesNotCountAndItServesItsOtherGroups(String ack) throws Exception {
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		CountDownLatch goOn = new CountDownLatch(1);
		BlockingQueue<String> audited = new LinkedBlockingQueue<>();
		this.queue.start(QueueHarness.consumer("billing", AckMode.valueOf(ack), 1, 1, (messages) -> {
			handled.add(messages.get(0).data());
			goOn.await();
			throw new IllegalStateException("too late");
		}), QueueHarness.consumer("audit", (messages) -> audited.add(messages.get(0).data())));
		this.queue.store("1");
		assertThat(handled.poll(30, TimeUnit.SECONDS)).isEqualTo("1");
		await().until(() -> this.admin.remove("orders", "billing"));
		goOn.countDown();
		this.queue.store("2");
		await().untilAsserted(() -> assertThat(audited).containsExactly("1", "2"));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(handled).isEmpty();
		assertThat(this.queue.count("dead_letter")).isZero();
	}

	@Test
	void aGroupStartedAnewMeanwhileBeginsAnew() throws Exception {
		this.queue.store("1", "2");
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		try (Connection producer = begin("READ COMMITTED"); Statement statement = producer.createStatement()) {
			statement.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '3')");
			this.database.execute("UPDATE queue.delivery SET attempts = 2");
			assertThat(this.admin.remove("orders", "billing")).isFalse();
			this.queue.start("billing",
					(messages) -> handled.add(messages.get(0).data() + "#" + messages.get(0).delivery().attempt()));
			producer.commit();
		}
		await().untilAsserted(() -> assertThat(handled).containsExactly("1#1", "2#1", "3#1"));
		assertThat(this.admin.groups()).extracting(GroupStatus::state).containsOnly(GroupStatus.State.ACTIVE);
	}

	@Test
	void producersThatNeverPauseLeaveNothingBehind() throws Exception {
		AtomicBoolean done = new AtomicBoolean();
		Thread[] producers = new Thread[3];
		for (int i = 0; i < producers.length; i++) {
			producers[i] = new Thread(() -> {
				while (!done.get()) {
					this.queue.store("1");
				}
			});
			producers[i].start();
		}
		for (int round = 0; round < 10; round++) {
			this.database.execute("INSERT INTO queue.subscription (channel, group_name, start_at, state) "
					+ "VALUES ('orders', 'shortlived', 'latest', 'active')");
			await().untilAsserted(() -> assertThat(this.queue
				.count("delivery JOIN queue.subscription ON id = subscription_id WHERE group_name = 'shortlived'"))
				.isPositive());
			await().until(() -> this.admin.remove("orders", "shortlived"));
		}
		done.set(true);
		for (Thread producer : producers) {
			producer.join();
		}
		assertThat(this.queue.count("delivery WHERE subscription_id NOT IN (SELECT id FROM queue.subscription)"))
			.isZero();
	}

	private Retention retention() {
		return new Retention(this.queue.dataSource()::getConnection, new SchemaName("queue"), QueueHarness.settings());
	}

	private Connection begin(String isolation) throws SQLException {
		Connection connection = this.queue.dataSource().getConnection();
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET TRANSACTION ISOLATION LEVEL " + isolation);
		}
		return connection;
	}

	private static boolean inAnotherThread(Callable<Boolean> call) throws Exception {
		FutureTask<Boolean> task = new FutureTask<>(call);
		Thread thread = new Thread(task);
		thread.start();
		return !task.get(Duration.ofSeconds(60).toMillis(), TimeUnit.MILLISECONDS);
	}

}
