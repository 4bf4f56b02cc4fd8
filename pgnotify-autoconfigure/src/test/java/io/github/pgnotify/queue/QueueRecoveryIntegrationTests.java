package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.GroupConsumers.Handler;
import io.github.pgnotify.LeaseLostException;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.TcpProxy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static io.github.pgnotify.queue.QueueHarness.ORDERS;
import static io.github.pgnotify.queue.QueueHarness.consumer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * That nothing stays where nobody takes it up again, and that no message stops the
 * others.
 */
@Timeout(120)
class QueueRecoveryIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();

	private final CountDownLatch begun = new CountDownLatch(1);

	private final CountDownLatch goOn = new CountDownLatch(1);

	private QueueHarness queue;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
	}

	@AfterEach
	void stop() {
		this.goOn.countDown();
		this.queue.close();
	}

	@Test
	void whatWaitedBeyondItsLeaseWithoutAConnectionIsHandledAfterwards() throws Exception {
		this.queue.store("1", "2");
		try (TcpProxy proxy = TcpProxy.to(this.database)) {
			DriverManagerDataSource source = new DriverManagerDataSource(proxy.jdbcUrl(this.database.name()),
					this.database.username(), this.database.password());
			QueueConsumers instance = new QueueInstance(this.queue).source(source::getConnection)
				.settings(leasing(Duration.ofSeconds(1)))
				.build();
			start(instance, this::pausing);
			assertThat(this.begun.await(30, TimeUnit.SECONDS)).isTrue();
			await().until(() -> this.queue.count("delivery WHERE state = 'leased'") == 2);
			proxy.refuseConnects();
			proxy.reset();
			await().atMost(PATIENCE)
				.until(() -> this.queue.count("delivery WHERE leased_until < clock_timestamp()") == 2);
			this.goOn.countDown();
			// The listener's thread has given up the second one: it cannot know whose it
			// is
			await().atMost(PATIENCE).until(() -> listenersThreads() == 0);
			assertThat(this.handled).containsExactly("1");
			proxy.acceptConnects();
			await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).containsExactly("1", "2"));
			await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 0);
			instance.stop();
		}
	}

	@ParameterizedTest
	@EnumSource(Poison.class)
	void aMessageThatCannotBeSettledDoesNotStopTheOthers(Poison poison) {
		AtomicReference<Throwable> unexpected = new AtomicReference<>();
		this.queue.start("billing", (messages) -> {
			Delivery delivery = messages.get(0).delivery();
			this.handled.add(messages.get(0).data());
			if (messages.get(0).data().equals("1") && delivery.attempt() != 2) {
				poison.administer(this.queue, delivery, unexpected);
			}
		});
		await().until(() -> this.queue.count("subscription WHERE state = 'active'") == 1);
		this.queue.store("1", "2", "3");
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).contains("1", "2", "3"));
		this.queue.store("4");
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).contains("4"));
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(
					this.queue.count("delivery JOIN queue.message ON id = message_id WHERE data::text <> '1'"))
				.isZero());
		assertThat(unexpected).hasNullValue();
	}

	@Test
	void whatIsClaimedDuringAStopIsLeftToOthers() throws Exception {
		QueueConsumers first = this.queue.start("billing", (messages) -> this.handled.add("first"));
		await().until(() -> this.queue.count("subscription WHERE state = 'active'") == 1);
		Thread stop = new Thread(first::stop);
		try (Connection connection = this.queue.dataSource().getConnection();
				var statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.execute("INSERT INTO queue.message (channel, data, announce) VALUES ('orders', '1', false)");
			connection.commit();
			// Holds the claim up in the middle
			statement.execute("LOCK TABLE queue.message IN ACCESS EXCLUSIVE MODE");
			await().until(() -> !this.queue.jdbc()
				.queryForList("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'queue.message'::regclass")
				.isEmpty());
			stop.start();
			await().until(() -> stop.getState() == Thread.State.TIMED_WAITING);
			connection.rollback();
		}
		stop.join(30_000);
		this.queue.start("billing", (messages) -> this.handled.add("second"));
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).containsExactly("second"));
		await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 0);
	}

	@Test
	void aLeaseThatOutlivesItsInstanceIsReclaimed() throws Exception {
		int subscription = HandWorker.subscribe(this.queue.dataSource(), "billing");
		this.queue.store("1");
		try (HandWorker worker = new HandWorker(this.queue.dataSource(), subscription)) {
			assertThat(worker.claim(1)).hasSize(1);
			worker.seemDead();
			worker.unregister();
		}
		this.queue.start("billing", (messages) -> this.handled.add(messages.get(0).data()));
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).containsExactly("1"));
	}

	@Test
	void anInstanceThatWasIdleIsHeardOfBeforeItHandlesAnything() throws Exception {
		AtomicReference<Boolean> silent = new AtomicReference<>();
		QueueConsumers instance = this.queue.start("billing",
				(messages) -> silent.set(this.queue.jdbc()
					.queryForObject("SELECT heartbeat_at < clock_timestamp() - interval '10 s' FROM queue.instance",
							Boolean.class)));
		await().until(() -> this.queue.count("subscription WHERE state = 'active'") == 1);
		await()
			.until(() -> this.queue.count("instance WHERE heartbeat_at < clock_timestamp() - interval '1100 ms'") == 1);
		this.database.execute("UPDATE queue.instance SET heartbeat_at = clock_timestamp() - interval '1 h'");
		this.queue.store("1");
		instance.stored(Set.of(ORDERS));
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(silent.get()).isNotNull());
		assertThat(silent.get()).as("seems dead while it is handling").isFalse();
	}

	@Test
	void whatFoundNoThreadIsHandledAsSoonAsThereIsOne() {
		AtomicInteger refusals = new AtomicInteger(3);
		Executor executor = (task) -> {
			if (refusals.getAndDecrement() > 0) {
				throw new RejectedExecutionException("no thread");
			}
			new Thread(task).start();
		};
		this.queue.store("1");
		QueueConsumers instance = new QueueInstance(this.queue).executor(executor).build();
		start(instance, (messages) -> this.handled.add(messages.get(0).data()));
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).containsExactly("1"));
		instance.stop();
	}

	@Test
	void theSessionIsReadCommittedWhateverTheDatabasesDefault() throws SQLException {
		this.database
			.execute("ALTER DATABASE " + this.database.name() + " SET default_transaction_isolation = 'serializable'");
		try (QueueSession session = QueueSession.open(this.queue.dataSource()::getConnection);
				var statement = session.connection().createStatement();
				var row = statement.executeQuery("SHOW transaction_isolation")) {
			row.next();
			assertThat(row.getString(1)).isEqualTo("read committed");
		}
	}

	private void pausing(List<io.github.pgnotify.GroupConsumers.ReceivedMessage> messages) throws Exception {
		this.handled.add(messages.get(0).data());
		this.begun.countDown();
		this.goOn.await();
	}

	private static void start(QueueConsumers instance, Handler handler) {
		instance.add(consumer("billing", handler));
		instance.start();
	}

	private static long listenersThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().endsWith("billing.listener"))
			.count();
	}

	private static QueueSettings leasing(Duration lease) {
		QueueSettings settings = QueueHarness.settings();
		return new QueueSettings(settings.name(), lease, settings.pollInterval(), settings.prefetchMessages(),
				settings.prefetchBytes(), settings.retryPolicy(), settings.retention(), settings.deadLetterRetention(),
				settings.shutdownGrace());
	}

	/**
	 * What may be wrong with what becomes of a message.
	 */
	private enum Poison {

		/** As of a message that was given back for months. */
		MORE_ATTEMPTS_THAN_A_SMALLINT_HOLDS {
			@Override
			void administer(QueueHarness queue, Delivery delivery, AtomicReference<Throwable> unexpected) {
				queue.jdbc()
					.update("UPDATE queue.delivery SET attempts = 32767 WHERE message_id = ?", delivery.messageId());
				delivery.negativeAcknowledge(Duration.ZERO);
			}
		},

		GIVEN_BACK_FOR_EVER {
			@Override
			void administer(QueueHarness queue, Delivery delivery, AtomicReference<Throwable> unexpected) {
				refused(unexpected, () -> delivery.negativeAcknowledge(Duration.ofSeconds(Long.MAX_VALUE)));
			}
		},

		EXTENDED_FOR_EVER {
			@Override
			void administer(QueueHarness queue, Delivery delivery, AtomicReference<Throwable> unexpected) {
				refused(unexpected, () -> delivery.extend(Duration.ofSeconds(Long.MAX_VALUE)));
			}
		},

		GIVEN_BACK_FOR_LESS_THAN_NO_TIME {
			@Override
			void administer(QueueHarness queue, Delivery delivery, AtomicReference<Throwable> unexpected) {
				refused(unexpected, () -> delivery.negativeAcknowledge(Duration.ofSeconds(Long.MIN_VALUE)));
			}
		},

		MESSAGE_DELETED_WHILE_HANDLED {
			@Override
			void administer(QueueHarness queue, Delivery delivery, AtomicReference<Throwable> unexpected) {
				queue.jdbc().update("DELETE FROM queue.message WHERE id = ?", delivery.messageId());
				assertThatExceptionOfType(LeaseLostException.class)
					.isThrownBy(() -> delivery.deadLetter("its message is gone"));
			}
		};

		abstract void administer(QueueHarness queue, Delivery delivery, AtomicReference<Throwable> unexpected);

		/** Refused before it is written, or it would be refused there. */
		static void refused(AtomicReference<Throwable> unexpected, Runnable action) {
			Throwable thrown = catchThrowable(action::run);
			if (!(thrown instanceof IllegalArgumentException)) {
				unexpected.set(new AssertionError("Not refused", thrown));
			}
		}

	}

}
