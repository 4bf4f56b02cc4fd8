package io.github.pgnotify.listener;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The container over the life of an application: connections break, listeners come and
 * go.
 */
class PgListenerContainerIntegrationTests {

	private static final String LISTENING_PID = """
			SELECT pid FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE '%/pgnotify'""";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withUserConfiguration(Listener.class);

	@Test
	void messagesSentAfterTheBackendWasTerminatedArriveWithoutRestart() {
		this.runner.run((context) -> {
			Recorder<String> received = context.getBean(Listener.class).received;
			notify("messages", "before");
			received.await(1);
			String pid = listeningPid();
			this.database.execute("SELECT pg_terminate_backend(" + pid + ")");
			Awaitility.await().untilAsserted(() -> assertThat(listeningPid()).isNotNull().isNotEqualTo(pid));
			Awaitility.await().untilAsserted(() -> {
				notify("messages", "probe");
				assertThat(received.received()).contains("probe");
			});
			notify("messages", "after");
			Awaitility.await().untilAsserted(() -> assertThat(received.received()).contains("after"));
		});
	}

	@Test
	void subscribingInsideATransactionOfAPoolOfOneDoesNotWaitForIt() {
		this.runner.withPropertyValues("spring.datasource.hikari.maximum-pool-size=1").run((context) -> {
			PgListenerContainer container = context.getBean(PgListenerContainer.class);
			Recorder<String> received = new Recorder<>();
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					container.subscribe("id", "other", (notification) -> received.record(notification.payload()))
						.orTimeout(10, TimeUnit.SECONDS)
						.join();
					notify("other", "heard");
					received.await(1);
				});
		});
	}

	@Test
	void severalSubscribersOfAnyIdHearAChannel() {
		this.runner.run((context) -> {
			PgListenerContainer container = context.getBean(PgListenerContainer.class);
			Recorder<String> received = new Recorder<>();
			Object[] ids = { 42, "an_id", List.of(2, "another_id") };
			for (Object id : ids) {
				container.subscribe(id, "ch2", (notification) -> received.record(id + " " + notification.payload()))
					.get(10, TimeUnit.SECONDS);
			}
			notify("ch2", "x");
			assertThat(received.await(3)).containsExactlyInAnyOrder("42 x", "an_id x", "[2, another_id] x");
			assertThatIllegalArgumentException().isThrownBy(() -> container.subscribe(42, "ch2", (notification) -> {
			})).withMessageContaining("'42' already has a listener on channel 'ch2'");
			container.unsubscribe(42, "ch2").get(10, TimeUnit.SECONDS);
			container.unsubscribe("unknown", "ch2").get(10, TimeUnit.SECONDS);
			notify("ch2", "y");
			assertThat(received.await(5)).contains("an_id y", "[2, another_id] y").doesNotContain("42 y");
		});
	}

	@Test
	void oneSubscriberOfSeveralChannelsIsCalledInOrderAndByOneThreadAtATime() {
		this.runner.run((context) -> {
			PgListenerContainer container = context.getBean(PgListenerContainer.class);
			Recorder<PgNotification> received = new Recorder<>();
			AtomicBoolean busy = new AtomicBoolean();
			AtomicBoolean overlapped = new AtomicBoolean();
			for (String channel : List.of("a", "b", "c")) {
				container.subscribe("id", channel, (notification) -> {
					overlapped.compareAndSet(false, !busy.compareAndSet(false, true));
					received.record(notification);
					busy.set(false);
				}).get(10, TimeUnit.SECONDS);
			}
			this.database
				.execute("SELECT pg_notify(substr('abc', n % 3 + 1, 1), n::text) FROM generate_series(1, 300) AS n");
			assertThat(received.await(300)).map((each) -> Integer.valueOf(String.valueOf(each.payload()))).isSorted();
			assertThat(overlapped).isFalse();
		});
	}

	@Test
	void startStopAndRestartInAnyOrderLeakNothing() {
		this.runner.run((context) -> {
			PgListenerContainer container = context.getBean(PgListenerContainer.class);
			container.start();
			container.stop();
			container.stop();
			assertThat(container.isRunning()).isFalse();
			CompletableFuture<Void> later = container.subscribe("later", "later", (notification) -> {
			});
			assertThat(later).isNotDone();
			container.start();
			assertThat(later).succeedsWithin(10, TimeUnit.SECONDS);
			for (int i = 0; i < 10; i++) {
				container.stop();
				container.start();
			}
			notify("messages", "x");
			assertThat(context.getBean(Listener.class).received.await(1)).containsExactly("x");
			Awaitility.await()
				.untilAsserted(() -> assertThat(this.database.jdbc().queryForList(LISTENING_PID)).hasSize(1));
			assertThat(listeningThreads()).hasSize(1);
		});
		Awaitility.await().untilAsserted(() -> {
			assertThat(listeningThreads()).isEmpty();
			assertThat(this.database.queryForString(
					"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
				.isEqualTo("0");
		});
	}

	@Test
	void aStopFinishesWhatHasArrived() {
		this.runner.run((context) -> {
			PgListenerContainer container = context.getBean(PgListenerContainer.class);
			Recorder<String> received = new Recorder<>();
			CompletableFuture<Void> entered = new CompletableFuture<>();
			CompletableFuture<Void> leave = new CompletableFuture<>();
			container.subscribe("slow", "slow", (notification) -> {
				entered.complete(null);
				leave.join();
				received.record(notification.payload());
			}).get(10, TimeUnit.SECONDS);
			this.database.execute("SELECT pg_notify('slow', n::text) FROM generate_series(1, 3) AS n");
			entered.get(10, TimeUnit.SECONDS);
			CompletableFuture<Void> stopped = new CompletableFuture<>();
			container.stop(() -> stopped.complete(null));
			leave.complete(null);
			assertThat(stopped).succeedsWithin(10, TimeUnit.SECONDS);
			assertThat(received.received()).containsExactly("1", "2", "3");
		});
	}

	@Test
	void noConnectionIsOpenedWhileNobodyListens() {
		PgNotifyContext.runner(this.database).run((context) -> {
			assertThat(context.getBean(PgListenerContainer.class).isRunning()).isTrue();
			assertThat(listeningThreads()).isEmpty();
			Recorder<String> received = new Recorder<>();
			context.getBean(PgListenerContainer.class)
				.subscribe("first", "first", (notification) -> received.record(notification.payload()))
				.get(10, TimeUnit.SECONDS);
			notify("first", "x");
			received.await(1);
		});
	}

	private String listeningPid() {
		List<String> pids = this.database.jdbc().queryForList(LISTENING_PID, String.class);
		return (pids.size() == 1) ? pids.get(0) : null;
	}

	private void notify(String channel, String payload) {
		this.database.queryForString("SELECT pg_notify(?, ?)::text", channel, payload);
	}

	private static List<String> listeningThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("pgnotify-listen-"))
			.toList();
	}

	static class Listener {

		final Recorder<String> received = new Recorder<>();

		@PgListener("messages")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

}
