package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a sample of the groups tells, and that it stays cheap.
 */
class GroupSamplesIntegrationTests {

	private static final List<GroupConsumer> BILLING = List
		.of(QueueHarness.consumer("billing", AckMode.AT_LEAST_ONCE, 1, 1, (messages) -> {
		}));

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@BeforeEach
	void prepare() {
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		this.database.execute("INSERT INTO queue.subscription (channel, group_name, start_at, state) VALUES "
				+ "('orders', 'billing', 'earliest', 'active'), ('orders', 'other', 'earliest', 'active')");
	}

	@Test
	void tellsHowAGroupStands() {
		this.database.execute("INSERT INTO queue.message (channel, data, announce, created_at, key) "
				+ "SELECT 'orders', '1', false, now() - interval '1 min' * n, CASE WHEN n % 2 = 0 THEN 'k' END "
				+ "FROM generate_series(20, 1, -1) AS n; "
				+ "UPDATE queue.delivery SET state = 'deferred', available_at = now() WHERE message_id IN (19, 20); "
				+ "UPDATE queue.delivery SET state = 'leased', leased_until = now(), owner = 1 WHERE message_id = 17; "
				+ "UPDATE queue.delivery SET state = 'suspect' WHERE message_id = 18; "
				+ "INSERT INTO queue.dead_letter (message_id, subscription_id, reason, attempts, token) "
				+ "VALUES (1, 1, 'failed', 1, 1); DELETE FROM queue.delivery WHERE message_id = 1");
		GroupStatus status = samples().find(BILLING, QueueHarness.ORDERS, "billing");
		assertThat(status).isNotNull();
		assertThat(status.oldestReadyAge()).isBetween(Duration.ofMinutes(19), Duration.ofMinutes(25));
		assertThat(status).isEqualTo(new GroupStatus(QueueHarness.ORDERS, "billing", GroupStatus.State.ACTIVE, false,
				15, 2, 1, 1, 1, status.oldestReadyAge()));
	}

	@Test
	void countsNoFurtherThanItsBoundAndOnlyAlongIndexes() {
		int many = 4 * GroupSamples.MOST;
		this.database.execute("INSERT INTO queue.message (channel, data, announce, key) "
				+ "SELECT 'orders', '1', false, CASE WHEN n % 2 = 0 THEN 'k' || n END FROM generate_series(1, " + many
				+ ") AS n; INSERT INTO queue.dead_letter (message_id, subscription_id, reason, attempts, token) "
				+ "SELECT id, s, 'failed', 1, 1 FROM queue.message, generate_series(1, 2) AS s; ANALYZE");
		ExplainedConnection explained = new ExplainedConnection(this.database.dataSource());
		GroupSamples samples = new GroupSamples(new Opened(explained), new SchemaName("queue"));
		long begun = System.nanoTime();
		await().untilAsserted(() -> assertThat(samples.find(BILLING, QueueHarness.ORDERS, "billing")).isNotNull());
		Figures.print("sample of a group with " + many + " messages",
				"%.1f ms".formatted((System.nanoTime() - begun) / 1e6));
		GroupStatus status = samples.find(BILLING, QueueHarness.ORDERS, "billing");
		assertThat(status.ready()).isEqualTo(GroupSamples.MOST);
		assertThat(status.deadLetters()).isEqualTo(GroupSamples.MOST);
		assertThat(explained.takePlans()).singleElement()
			.asString()
			.contains("using delivery_ready", "using delivery_key", "using dead_letter_subscription")
			.doesNotContain("Seq Scan on delivery", "Seq Scan on dead_letter", "Seq Scan on message");
	}

	@Test
	void knowsNothingOfAGroupThatIsNone() {
		assertThat(samples().find(BILLING, ChannelName.of("invoices"), "billing")).isNull();
	}

	@Test
	void doesNotWaitForADatabaseThatDoesNotAnswerNorAskItTwice() throws InterruptedException {
		CountDownLatch asked = new CountDownLatch(1);
		CountDownLatch answer = new CountDownLatch(1);
		GroupSamples samples = new GroupSamples(new AbstractDataSource() {

			@Override
			public Connection getConnection() throws SQLException {
				assertThat(asked.getCount()).isOne();
				asked.countDown();
				try {
					answer.await();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				return GroupSamplesIntegrationTests.this.database.dataSource().getConnection();
			}

			@Override
			public Connection getConnection(String username, String password) throws SQLException {
				return getConnection();
			}

		}, new SchemaName("queue"));
		assertThat(samples.find(BILLING, QueueHarness.ORDERS, "billing")).isNull();
		assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(samples.find(BILLING, QueueHarness.ORDERS, "billing")).isNull();
		answer.countDown();
		await().untilAsserted(() -> assertThat(samples.find(BILLING, QueueHarness.ORDERS, "billing")).isNotNull());
	}

	@Test
	void forgetsWhatItKnewWhenTheDatabaseRefuses() {
		this.database.execute("DROP TABLE queue.dead_letter");
		assertThat(samples().find(BILLING, QueueHarness.ORDERS, "billing")).isNull();
	}

	private GroupSamples samples() {
		return new GroupSamples(this.database.dataSource(), new SchemaName("queue"));
	}

	private static final class Opened extends AbstractDataSource {

		private final ExplainedConnection explained;

		Opened(ExplainedConnection explained) {
			this.explained = explained;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.explained.open();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

}
