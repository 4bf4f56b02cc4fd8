package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.LongStream;

import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is deleted when, and what never.
 */
class RetentionIntegrationTests {

	private static final int MANY = 2 * Retention.BATCH + 500;

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private QueueHarness queue;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
		this.database.execute("INSERT INTO queue.subscription (channel, group_name, start_at, state) "
				+ "VALUES ('orders', 'billing', 'earliest', 'active')");
	}

	@AfterEach
	void stop() {
		this.queue.close();
	}

	@Test
	void oldMessagesAreDeletedAndYoungOnesAreNot() {
		store(MANY, "8 days");
		store(3, "6 days");
		this.database.execute("DELETE FROM queue.delivery");
		assertThat(retention().cleanUp()).isEqualTo(MANY);
		assertThat(this.queue.count("message")).isEqualTo(3);
		assertThat(retention().cleanUp()).isZero();
	}

	@Test
	void aMessageThatSomebodyStillHasToHandleIsNeverDeleted() {
		store(MANY, "8 days");
		this.database.execute("DELETE FROM queue.delivery WHERE message_id % 2 = 0; "
				+ "UPDATE queue.delivery SET state = 'deferred', available_at = now() WHERE message_id % 3 = 0; "
				+ "UPDATE queue.delivery SET state = 'leased', leased_until = now(), owner = 1 WHERE message_id % 5 = 0; "
				+ "UPDATE queue.delivery SET state = 'suspect', leased_until = NULL WHERE message_id % 7 = 0");
		assertThat(retention().cleanUp()).isEqualTo(MANY / 2);
		assertThat(this.queue.count("delivery")).isEqualTo(MANY / 2);
		assertThat(this.queue.count("delivery JOIN queue.message ON id = message_id")).isEqualTo(MANY / 2);
	}

	@Test
	void aDeadLettersMessageIsKeptAsLongAsTheDeadLetter() {
		store(2 * MANY, "100 days");
		this.database.execute("DELETE FROM queue.delivery; "
				+ "INSERT INTO queue.dead_letter (message_id, subscription_id, reason, attempts, token, died_at) "
				+ "SELECT id, 1, 'failed', 1, 1, now() - CASE WHEN id <= " + MANY
				+ " THEN interval '31 days' ELSE interval '29 days' END FROM queue.message");
		Retention retention = retention();
		assertThat(retention.deadLetters()).isNull();
		assertThat(retention.cleanUp()).isEqualTo(MANY);
		assertThat(retention.deadLetters()).isEqualTo(MANY);
		assertThat(this.queue.count("message")).isEqualTo(MANY);
		assertThat(this.queue.jdbc().queryForObject("SELECT min(message_id) FROM queue.dead_letter", Long.class))
			.isEqualTo(MANY + 1);
	}

	@Test
	void nothingIsDeletedWhileAGroupIsGivenWhatIsThere() throws SQLException {
		store(1, "8 days");
		this.database.execute("DELETE FROM queue.delivery");
		try (Connection starting = this.queue.dataSource().getConnection()) {
			starting.setAutoCommit(false);
			new RetentionLock(new SchemaName("queue")).await(starting);
			assertThat(retention().cleanUp()).isZero();
			starting.rollback();
		}
		assertThat(retention().cleanUp()).isOne();
	}

	@Test
	void aGroupThatStartsWhileOldMessagesAreDeletedHandlesAllThatItWasGiven() {
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		store(MANY, "8 days");
		this.database.execute("DELETE FROM queue.delivery");
		Thread cleaning = new Thread(() -> retention().cleanUp());
		cleaning.start();
		this.queue.start("audit", (messages) -> handled.add(messages.get(0).data()));
		await().untilAsserted(
				() -> assertThat(this.queue.events()).hasAtLeastOneElementOfType(PgQueueEvent.GroupStarted.class));
		int earlier = this.queue.events()
			.stream()
			.filter(PgQueueEvent.GroupStarted.class::isInstance)
			.mapToInt((event) -> ((PgQueueEvent.GroupStarted) event).earlier())
			.sum();
		await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(handled).hasSize(earlier));
		await().untilAsserted(() -> assertThat(cleaning.isAlive()).isFalse());
		assertThat(this.queue.count("dead_letter")).isZero();
	}

	@Test
	void severalAtOnceDeleteEachMessageOnce() throws InterruptedException {
		store(MANY, "8 days");
		this.database.execute("DELETE FROM queue.delivery");
		long[] deleted = new long[4];
		Thread[] threads = new Thread[deleted.length];
		for (int i = 0; i < threads.length; i++) {
			int index = i;
			threads[i] = new Thread(() -> deleted[index] = retention().cleanUp());
			threads[i].start();
		}
		for (Thread thread : threads) {
			thread.join();
		}
		assertThat(LongStream.of(deleted).sum() + retention().cleanUp()).isEqualTo(MANY);
		assertThat(this.queue.count("message")).isZero();
	}

	@Test
	void instancesThatAreGoneAreForgotten() throws SQLException {
		this.database
			.execute("INSERT INTO queue.instance (name, heartbeat_at) VALUES ('dead', now() - interval '2 min'), "
					+ "('holding', now() - interval '2 min'), ('idle', now() - interval '2 min'), ('young', now())");
		store(1, "1 day");
		this.database.execute("UPDATE queue.delivery SET state = 'leased', owner = 2, leased_until = now()");
		try (Connection idle = this.queue.dataSource().getConnection()) {
			idle.createStatement().execute("SELECT pg_advisory_lock(hashtextextended('queue.instance.3', 0))");
			retention().cleanUp();
		}
		assertThat(this.queue.jdbc().queryForList("SELECT name FROM queue.instance ORDER BY id", String.class))
			.containsExactly("holding", "idle", "young");
	}

	@Test
	void livePayloadsAreDeletedAfterTenMinutes() {
		this.database.execute("INSERT INTO queue.live_payload (channel, payload, created_at) VALUES "
				+ "('orders', 'old', now() - interval '11 min'), ('orders', 'young', now() - interval '9 min')");
		retention().cleanUp();
		assertThat(this.queue.jdbc().queryForList("SELECT payload FROM queue.live_payload", String.class))
			.containsExactly("young");
	}

	@Test
	void whoMayNotDeleteMessagesStillRemovesGroupsAndInstances() {
		String role = this.database.createRole("limited");
		this.database.execute("GRANT USAGE ON SCHEMA queue TO " + role + "; "
				+ "GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO " + role + "; "
				+ "REVOKE DELETE ON queue.message FROM " + role);
		store(1, "8 days");
		this.database.execute("DELETE FROM queue.delivery");
		this.database.execute("UPDATE queue.subscription SET state = 'removing'");
		Retention limited = new Retention(
				new DriverManagerDataSource(this.database.jdbcUrl(), role, role)::getConnection,
				new SchemaName("queue"), QueueHarness.settings());
		assertThat(limited.cleanUp()).isZero();
		assertThat(this.queue.count("message")).isOne();
		assertThat(this.queue.count("subscription")).isZero();
	}

	private void store(int count, String age) {
		this.database
			.execute("INSERT INTO queue.message (channel, data, announce, created_at) SELECT 'orders', to_json(n), "
					+ "false, now() - interval '" + age + "' FROM generate_series(1, " + count + ") AS n");
	}

	private Retention retention() {
		return new Retention(this.queue.dataSource()::getConnection, new SchemaName("queue"), QueueHarness.settings());
	}

}
