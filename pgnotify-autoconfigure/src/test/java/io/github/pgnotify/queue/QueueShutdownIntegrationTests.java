package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ChildJvm;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of stored messages when a process that handles them is asked to end.
 */
class QueueShutdownIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@Test
	void anApplicationThatIsTerminatedFinishesWhatItIsAtAndGivesBackTheRestUncounted() throws Exception {
		HandlerLog.create(this.database.jdbc());
		try (QueueHarness queue = new QueueHarness(this.database);
				ProducerLog producers = new ProducerLog(this.database.dataSource(), 0, Duration.ZERO);
				ChildJvm application = ChildJvm.of(QueueApplication.class)
					.systemProperty("spring.datasource.url", this.database.jdbcUrl())
					.systemProperty("spring.datasource.username", this.database.username())
					.systemProperty("spring.datasource.password", this.database.password())
					.start()) {
			application.awaitLine("ready");
			for (int number = 1; number <= 20; number++) {
				producers.store(number, "orders");
			}
			application.awaitLine("started");
			patiently().until(() -> queue.count("delivery WHERE state = 'leased'") == 20);
			long begin = System.nanoTime();
			application.terminate();
			patiently().until(() -> queue.count("delivery WHERE state = 'ready'") == 19);
			Figures.print("SIGTERM -> the rest given back", Duration.ofNanos(System.nanoTime() - begin));
			for (int number = 21; number <= 40; number++) {
				producers.store(number, "orders");
			}
			application.writeLine("go on");
			assertThat(application.awaitExit()).isEqualTo(143);
			Figures.print("SIGTERM -> ended", Duration.ofNanos(System.nanoTime() - begin));
			assertThat(application.lines()).last().isEqualTo("returned");
			assertThat(HandlerLog.lines(queue.jdbc())).containsExactly("application started 1",
					"application returned 1");
			assertThat(queue.count("delivery")).isEqualTo(39);
			assertThat(queue.count("delivery WHERE state = 'ready' AND attempts = 0 AND token = 1")).isEqualTo(19);
			assertThat(queue.count("delivery WHERE state = 'ready' AND attempts = 0 AND token = 0")).isEqualTo(20);
			assertThat(queue.count("instance")).isZero();
		}
	}

	@Test
	void anApplicationThatIsTerminatedEndsWithinTheGraceThoughAListenerDoesNot() throws Exception {
		HandlerLog.create(this.database.jdbc());
		try (QueueHarness queue = new QueueHarness(this.database);
				ProducerLog producers = new ProducerLog(this.database.dataSource(), 0, Duration.ZERO);
				ChildJvm application = ChildJvm.of(QueueApplication.class)
					.systemProperty("spring.datasource.url", this.database.jdbcUrl())
					.systemProperty("spring.datasource.username", this.database.username())
					.systemProperty("spring.datasource.password", this.database.password())
					.systemProperty("pgnotify.queue.shutdown-grace", "2s")
					.start()) {
			application.awaitLine("ready");
			producers.store(1, "orders");
			application.awaitLine("started");
			long begin = System.nanoTime();
			application.terminate();
			assertThat(application.awaitExit()).isEqualTo(143);
			Duration took = Duration.ofNanos(System.nanoTime() - begin);
			Figures.print("SIGTERM with a listener that does not return, grace 2 s -> ended", took);
			assertThat(took).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(20));
			assertThat(queue.count("delivery WHERE state = 'ready' AND attempts = 0")).isOne();
		}
	}

	@Test
	void whatIsNotSettledWhenAProcessEndsIsHandledByAnother() throws Exception {
		CountDownLatch committing = new CountDownLatch(1);
		CountDownLatch never = new CountDownLatch(1);
		Queue<String> handled = new ConcurrentLinkedQueue<>();
		try (QueueHarness queue = new QueueHarness(this.database)) {
			queue.with((settings) -> new QueueSettings("test", settings.lease(), settings.pollInterval(), 100,
					settings.prefetchBytes(), settings.retryPolicy(), settings.retention(),
					settings.deadLetterRetention(), Duration.ofMillis(200)));
			QueueConsumers ending = queue.start(new JdbcTransactionManager(queue.dataSource()) {

				private static final long serialVersionUID = 1L;

				@Override
				protected void doCommit(DefaultTransactionStatus status) {
					committing.countDown();
					try {
						never.await();
					}
					catch (InterruptedException ex) {
						Thread.currentThread().interrupt();
					}
					doRollback(status);
					throw new IllegalStateException("not committed");
				}

			}, QueueHarness.consumer("billing", AckMode.TRANSACTIONAL, 1, 1, (messages) -> handled.add("first")));
			queue.store("1");
			committing.await();
			ending.stop();
			never.countDown();
			queue.start("billing", (messages) -> handled.add("second"));
			patiently().until(() -> queue.count("delivery") == 0);
			assertThat(List.copyOf(handled)).containsExactly("first", "second");
		}
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

}
