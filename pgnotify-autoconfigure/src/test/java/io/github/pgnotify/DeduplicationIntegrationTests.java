package io.github.pgnotify;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Messages with a deduplication id.
 */
class DeduplicationIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(60);

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final QueuePublisher publisher = QueuePublisher.of(database);

	private final PgNotifyOperations template = this.publisher.template;

	private final ExecutorService others = Executors.newCachedThreadPool();

	@BeforeEach
	void empty() {
		database.execute("TRUNCATE queue.message, queue.subscription, queue.delivery, queue.dead_letter");
		this.publisher.addGroup("orders", "billing");
	}

	@AfterEach
	void endOthers() throws InterruptedException {
		this.others.shutdownNow();
		assertThat(this.others.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void aDuplicateStoresNothingAndReturnsTheFirst() {
		StoredMessage first = this.template.enqueue(message("a", 1));
		StoredMessage second = this.template.enqueue(message("a", 2));
		assertThat(first.duplicate()).isFalse();
		assertThat(second).isEqualTo(new StoredMessage(first.id(), ChannelName.of("orders"), first.createdAt(), true));
		assertThat(this.publisher.query("SELECT string_agg(data::text, ',') FROM queue.message")).isEqualTo("1");
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("1");
		assertThat(this.publisher.signals.received()).hasSize(1);
	}

	@Test
	void anIdCountsInItsChannelOnly() {
		this.template.enqueue(message("a", 1));
		assertThat(this.template.enqueue(OutgoingMessage.of("invoices", 1).deduplicationId("a")).duplicate()).isFalse();
		assertThat(this.template.enqueue(message("A", 1)).duplicate()).isFalse();
	}

	@Test
	void aBatchMayHoldDuplicatesOfItselfAndOfWhatIsThere() {
		StoredMessage there = this.template.enqueue(message("there", 0));
		List<StoredMessage> stored = this.template.enqueueAll(List.of(message("x", 1), message("there", 2),
				OutgoingMessage.of("orders", 3), message("x", 4), OutgoingMessage.of("others", 5).deduplicationId("x"),
				OutgoingMessage.of("orders", 6), message("there", 7)));
		assertThat(stored).extracting(StoredMessage::duplicate)
			.containsExactly(false, true, false, true, false, false, true);
		assertThat(stored).extracting(StoredMessage::id)
			.containsExactly(stored.get(0).id(), there.id(), stored.get(2).id(), stored.get(0).id(), stored.get(4).id(),
					stored.get(5).id(), there.id());
		assertThat(data(stored.get(0))).isEqualTo("1");
		assertThat(data(stored.get(2))).isEqualTo("3");
		assertThat(data(stored.get(4))).isEqualTo("5");
		assertThat(data(stored.get(5))).isEqualTo("6");
		assertThat(stored.get(1).createdAt()).isEqualTo(there.createdAt());
		assertThat(this.publisher.query("SELECT count(*) FROM queue.message")).isEqualTo("5");
	}

	@Test
	void aBatchOfDuplicatesSignalsNobody() {
		this.template.enqueueAll(List.of(message("a", 1), message("b", 1)));
		this.publisher.signals.clear();
		this.template.enqueueAll(List.of(message("a", 1), message("b", 1)));
		assertThat(this.publisher.signals.received()).isEmpty();
	}

	@Test
	void aDuplicateWaitsForAnUncommittedFirst() throws Exception {
		for (List<OutgoingMessage> wanted : List.of(List.of(message("a", 2)),
				List.of(message("b", 2), OutgoingMessage.of("orders", 3)))) {
			String id = (wanted.size() == 1) ? "a" : "b";
			CountDownLatch commit = new CountDownLatch(1);
			CountDownLatch inserted = new CountDownLatch(1);
			Future<StoredMessage> first = this.others.submit(() -> this.publisher.transaction().execute((status) -> {
				StoredMessage stored = this.template.enqueue(message(id, 1));
				inserted.countDown();
				awaitLatch(commit);
				return stored;
			}));
			awaitLatch(inserted);
			Future<List<StoredMessage>> second = this.others.submit(() -> this.template.enqueueAll(wanted));
			awaitWaiting();
			assertThat(second).isNotDone();
			commit.countDown();
			assertThat(first).succeedsWithin(LONG);
			assertThat(second).succeedsWithin(LONG);
			assertThat(second.get().get(0).duplicate()).isTrue();
			assertThat(second.get().get(0).id()).isEqualTo(first.get().id());
			assertThat(second.get().get(0).createdAt()).isEqualTo(first.get().createdAt());
		}
	}

	@Test
	void aMessageIsStoredIfTheFirstIsRolledBack() throws Exception {
		CountDownLatch rollback = new CountDownLatch(1);
		CountDownLatch inserted = new CountDownLatch(1);
		Future<?> first = this.others.submit(() -> this.publisher.transaction().executeWithoutResult((status) -> {
			this.template.enqueue(message("a", 1));
			inserted.countDown();
			awaitLatch(rollback);
			status.setRollbackOnly();
		}));
		awaitLatch(inserted);
		Future<StoredMessage> second = this.others.submit(() -> this.template.enqueue(message("a", 2)));
		awaitWaiting();
		rollback.countDown();
		assertThat(first).succeedsWithin(LONG);
		assertThat(second).succeedsWithin(LONG);
		assertThat(second.get().duplicate()).isFalse();
		assertThat(data(second.get())).isEqualTo("2");
	}

	@Test
	void anIdIsFreeOnceItsMessageIsGone() {
		StoredMessage first = this.template.enqueue(message("a", 1));
		assertThat(this.template.cancel(first.id())).isTrue();
		assertThat(this.template.enqueue(message("a", 2)).duplicate()).isFalse();
	}

	/**
	 * What the insert conflicts with is gone when it is looked up.
	 */
	@Test
	void aFirstThatVanishesMeanwhileIsNoFirst() {
		for (List<OutgoingMessage> wanted : List.of(List.of(message("a", 2)),
				List.of(message("a", 2), OutgoingMessage.of("orders", 3), message("a", 4)))) {
			long first = this.template.enqueue(message("a", 1)).id();
			QueuePublisher slow = new QueuePublisher(new InterceptedDataSource(database.dataSource(),
					"SELECT given.position", () -> this.template.cancel(first)));
			List<StoredMessage> stored = slow.template.enqueueAll(wanted);
			assertThat(stored.get(0).duplicate()).isFalse();
			assertThat(stored.get(0).id()).isGreaterThan(first);
			assertThat(data(stored.get(0))).isEqualTo("2");
			assertThat(stored).extracting(StoredMessage::duplicate)
				.isEqualTo((wanted.size() == 1) ? List.of(false) : List.of(false, false, true));
			empty();
		}
	}

	@Test
	void firstsThatComeAndGoForEverAreGivenUp() {
		InterceptedDataSource coming = new InterceptedDataSource(database.dataSource(), "INSERT",
				() -> this.template.enqueue(message("a", 1)));
		QueuePublisher slow = new QueuePublisher(new InterceptedDataSource(coming, "SELECT given.position",
				() -> database.execute("DELETE FROM queue.delivery; DELETE FROM queue.message")));
		assertThatExceptionOfType(PessimisticLockingFailureException.class)
			.isThrownBy(() -> slow.template.enqueue(message("a", 2)))
			.withStackTraceContaining("come and go");
		assertThat(this.publisher.query("SELECT string_agg(data::text, ',') FROM queue.message")).isEqualTo("1");
	}

	@Test
	void concurrentProducersStoreOne() throws Exception {
		List<Future<List<StoredMessage>>> producers = Stream.generate(() -> this.others.submit(
				() -> IntStream.range(0, 50).mapToObj((i) -> this.template.enqueue(message("id " + i, i))).toList()))
			.limit(4)
			.toList();
		int stored = 0;
		for (Future<List<StoredMessage>> producer : producers) {
			assertThat(producer).succeedsWithin(LONG);
			stored += (int) producer.get().stream().filter((message) -> !message.duplicate()).count();
		}
		assertThat(stored).isEqualTo(50);
		assertThat(this.publisher.query("SELECT count(*) FROM queue.message")).isEqualTo("50");
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("50");
	}

	@Test
	void aTransactionThatCannotSeeTheFirstFails() {
		TransactionTemplate repeatable = this.publisher.transaction();
		repeatable.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
		assertThatExceptionOfType(CannotAcquireLockException.class)
			.isThrownBy(() -> repeatable.executeWithoutResult((status) -> {
				this.publisher.query("SELECT count(*) FROM queue.message");
				new QueuePublisher(database.dataSource()).template.enqueue(message("a", 1));
				this.template.enqueue(message("a", 2));
			}))
			.withStackTraceContaining("could not serialize access");
		StoredMessage again = repeatable.execute((status) -> this.template.enqueue(message("a", 2)));
		assertThat(again.duplicate()).isTrue();
	}

	@Test
	void theConnectionCommitsByItselfAgainAfterABatch() throws Exception {
		SingleConnectionDataSource single = new SingleConnectionDataSource(database.dataSource().getConnection(), true);
		try {
			QueuePublisher alone = new QueuePublisher(single);
			alone.template.enqueueAll(List.of(message("a", 1), message("b", 2)));
			assertThat(single.getConnection().getAutoCommit()).isTrue();
			assertThat(this.publisher.query("SELECT count(*) FROM queue.message")).isEqualTo("2");
			database.execute("ALTER TABLE queue.message ADD CONSTRAINT small CHECK (data::text <> '3')");
			assertThatExceptionOfType(DataIntegrityViolationException.class)
				.isThrownBy(() -> alone.template.enqueueAll(List.of(message("c", 1), message("d", 3))));
			assertThat(single.getConnection().getAutoCommit()).isTrue();
			assertThat(alone.template.enqueue(message("c", 1)).duplicate()).isFalse();
		}
		finally {
			single.destroy();
			database.execute("ALTER TABLE queue.message DROP CONSTRAINT IF EXISTS small");
		}
	}

	private static OutgoingMessage message(String id, int data) {
		return OutgoingMessage.of("orders", data).deduplicationId(id);
	}

	private String data(StoredMessage stored) {
		return this.publisher.query("SELECT data FROM queue.message WHERE id = ?", stored.id());
	}

	/**
	 * Waits until a session waits for the transaction of another.
	 */
	private void awaitWaiting() {
		await().atMost(LONG)
			.until(() -> !"0".equals(database.queryForString("SELECT count(*) FROM pg_locks JOIN pg_stat_activity "
					+ "USING (pid) WHERE locktype = 'transactionid' AND NOT granted AND datname = current_database()")));
	}

	private static void awaitLatch(CountDownLatch latch) {
		try {
			assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Has something else happen before certain statements.
	 */
	private static final class InterceptedDataSource extends DelegatingDataSource {

		private final String beginning;

		private final Runnable before;

		InterceptedDataSource(DataSource target, String beginning, Runnable before) {
			super(target);
			this.beginning = beginning;
			this.before = before;
		}

		@Override
		public Connection getConnection() throws SQLException {
			Connection connection = super.getConnection();
			return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
					(proxy, method, arguments) -> {
						if (method.getName().equals("prepareStatement")
								&& ((String) arguments[0]).startsWith(this.beginning)) {
							this.before.run();
						}
						return method.invoke(connection, arguments);
					});
		}

	}

}
