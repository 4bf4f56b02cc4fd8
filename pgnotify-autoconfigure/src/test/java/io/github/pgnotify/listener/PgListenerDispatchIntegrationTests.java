package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerEvent;
import io.github.pgnotify.PgListenerFilter;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotificationListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * How arrivals are brought to listeners: how many at once, what is dropped, tried again,
 * filtered and muted, and what is said about it.
 */
@ExtendWith(OutputCaptureExtension.class)
class PgListenerDispatchIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database);

	@Test
	void asManyAreHandledAtOnceAsAskedFor() {
		this.runner.withUserConfiguration(Concurrent.class).run((context) -> {
			// four handlers meet at the barrier, or none ever passes it
			send("concurrent", 8);
			assertThat(context.getBean(Concurrent.class).received.await(8)).hasSize(8);
		});
	}

	@ParameterizedTest
	@CsvSource({ "drop-oldest, 0 98 99 100, 97", "drop-newest, 0 1 2 3, 97" })
	void whatDoesNotFitIsDroppedAndAnnouncedWithItsExactCountInItsPlace(String overflow, String heard, long dropped) {
		this.runner.withUserConfiguration(Blocked.class, Events.class)
			.withPropertyValues("pgnotify.listener.capacity.messages=3",
					"pgnotify.listener.capacity.overflow=" + overflow)
			.run((context) -> {
				Blocked blocked = context.getBean(Blocked.class);
				send("blocked", 1);
				blocked.entered.await(30, TimeUnit.SECONDS);
				database.execute("SELECT pg_notify('blocked', n::text) FROM generate_series(1, 100) AS n");
				awaitHeard(context.getBean(PgListenerRegistry.class));
				blocked.leave.countDown();
				if (overflow.equals("drop-newest")) {
					// told before the next message that is heard
					assertThat(blocked.received.await(5)).containsExactly("0", "1", "2", "3", "gap of " + dropped);
				}
				else {
					assertThat(blocked.received.await(5)).containsExactly("0", "gap of " + dropped, "98", "99", "100");
				}
				assertThat(context.getBean(Events.class).gaps.await(1)).singleElement().satisfies((event) -> {
					assertThat(event.subscriber()).isEqualTo("Blocked.listen");
					assertThat(event.gap().cause()).isEqualTo(PgGap.Cause.OVERFLOW);
					assertThat(event.gap().dropped()).isEqualTo(dropped);
				});
				send("blocked", 1);
				assertThat(blocked.received.await(6)).endsWith("0");
			});
	}

	@Test
	void memoryBoundsWhatWaitsToo() {
		this.runner.withUserConfiguration(Blocked.class)
			.withPropertyValues("pgnotify.listener.capacity.bytes=10KB")
			.run((context) -> {
				Blocked blocked = context.getBean(Blocked.class);
				send("blocked", 1);
				blocked.entered.await(30, TimeUnit.SECONDS);
				database
					.execute("SELECT pg_notify('blocked', n || repeat(' ', 4000)) FROM generate_series(1, 10) AS n");
				awaitHeard(context.getBean(PgListenerRegistry.class));
				blocked.leave.countDown();
				assertThat(blocked.received.await(4)).map(String::strip).containsExactly("0", "gap of 8", "9", "10");
			});
	}

	@Test
	void floodIsHeardOrAnnouncedToTheLastOne() {
		int count = Figures.count(100_000, 1_000_000);
		this.runner.run((context) -> {
			java.util.concurrent.atomic.AtomicLong heard = new java.util.concurrent.atomic.AtomicLong();
			java.util.concurrent.atomic.AtomicLong dropped = new java.util.concurrent.atomic.AtomicLong();
			java.util.concurrent.atomic.AtomicBoolean slow = new java.util.concurrent.atomic.AtomicBoolean(true);
			CountDownLatch last = new CountDownLatch(1);
			context.getBean(PgListenerRegistry.class).subscribe("slow", "flood", new PgNotificationListener() {

				@Override
				public void onNotification(PgNotification notification) {
					java.util.concurrent.locks.LockSupport.parkNanos(slow.get() ? 10_000_000 : 0);
					heard.incrementAndGet();
					if (String.valueOf(notification.payload()).startsWith(count + " ")) {
						last.countDown();
					}
				}

				@Override
				public void onGap(PgGap gap) {
					dropped.addAndGet(java.util.Objects.requireNonNull(gap.dropped()));
				}

			}).get(10, TimeUnit.SECONDS);
			long before = usedHeap();
			database.jdbc()
				.queryForObject("SELECT count(pg_notify('flood', n || ' ' || repeat('x', 1000))) "
						+ "FROM generate_series(1, ?) AS n", Long.class, count);
			awaitHeard(context.getBean(PgListenerRegistry.class));
			Figures.print("heap growth with a full mailbox after " + count + " notifications of 1 kB",
					(usedHeap() - before) / 1024 / 1024 + " MB");
			slow.set(false);
			assertThat(last.await(60, TimeUnit.SECONDS)).isTrue();
			assertThat(heard.get() + dropped.get()).isEqualTo(count);
			assertThat(dropped.get()).isPositive();
		});
	}

	private static long usedHeap() {
		System.gc();
		return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
	}

	@Test
	void filterDecidesWhatIsHeard() {
		this.runner.withUserConfiguration(Filtered.class).run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			template.convertAndSend("filtered", "not this", java.util.Map.of("tenant", "other"));
			template.convertAndSend("filtered", "this", java.util.Map.of("tenant", "acme"));
			assertThat(context.getBean(Filtered.class).received.await(1)).containsExactly("this");
		});
	}

	@Test
	void silenceIsAnEvent() {
		this.runner.withUserConfiguration(Events.class)
			.withPropertyValues("pgnotify.listener.idle-event-interval=100ms")
			.run((context) -> assertThat(context.getBean(Events.class).idle.await(1)).singleElement()
				.satisfies((event) -> assertThat(event.idle()).isGreaterThanOrEqualTo(Duration.ofMillis(100))));
	}

	@Test
	void channelsAndSubscribersCanBeMuted() {
		this.runner.run((context) -> {
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			Recorder<String> received = new Recorder<>();
			ChannelName channel = ChannelName.of("muted");
			for (String id : List.of("a", "b")) {
				registry.subscribe(id, channel, (notification) -> received.record(id + notification.payload()))
					.get(10, TimeUnit.SECONDS);
			}
			registry.change((changes) -> changes.muteSubscriber("a"));
			notify("muted", "1");
			assertThat(received.await(1)).containsExactly("b1");
			registry.change((changes) -> changes.unmuteSubscriber("a").muteChannel(channel));
			notify("muted", "2");
			awaitHeard(registry);
			registry.change((changes) -> changes.unmuteChannel(channel));
			notify("muted", "3");
			assertThat(received.await(3)).containsExactlyInAnyOrder("b1", "a3", "b3");
			assertThatIllegalArgumentException()
				.isThrownBy(() -> registry.change((changes) -> changes.muteSubscriber("nobody")))
				.withMessage("There is no subscriber 'nobody'");
		});
	}

	@Test
	void changesAreMadeInOneStepOrNotAtAll() {
		this.runner.run((context) -> {
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			PgNotificationListener nothing = (notification) -> {
			};
			registry
				.change((changes) -> changes.addChannels(List.of(ChannelName.of("c"), ChannelName.of("d")))
					.subscribe(1, ChannelName.of("a"), nothing)
					.subscribe(1, ChannelName.of("b"), nothing)
					.subscribe(2, ChannelName.of("b"), nothing))
				.get(10, TimeUnit.SECONDS);
			assertThat(registry.subscriptions()).hasToString("{a=[1], b=[1, 2], c=[], d=[]}");
			assertThat(serverSide(registry)).contains("a", "b", "c", "d");
			assertThatIllegalStateException().isThrownBy(() -> registry.change((changes) -> {
				changes.removeChannels(registry.channels());
				throw new IllegalStateException("half way");
			}));
			assertThat(registry.subscriptions()).hasToString("{a=[1], b=[1, 2], c=[], d=[]}");
			registry
				.change((changes) -> changes.removeChannels(List.of(ChannelName.of("b"), ChannelName.of("c")))
					.unsubscribe(1, ChannelName.of("a"))
					.subscribe(3, ChannelName.of("e"), nothing))
				.get(10, TimeUnit.SECONDS);
			assertThat(registry.subscriptions()).hasToString("{d=[], e=[3]}");
		});
	}

	@Test
	void restartIsAGapForEverybody() {
		this.runner.withUserConfiguration(Events.class).run((context) -> {
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			Recorder<String> received = new Recorder<>();
			registry.subscribe("id", "restarted", new PgNotificationListener() {

				@Override
				public void onNotification(PgNotification notification) {
					received.record(String.valueOf(notification.payload()));
				}

				@Override
				public void onGap(PgGap gap) {
					received.record(gap.cause() + " " + gap.dropped());
				}

			}).get(10, TimeUnit.SECONDS);
			notify("restarted", "before");
			received.await(1);
			registry.restart();
			notify("restarted", "after");
			assertThat(received.await(3)).containsExactly("before", "STOPPED null", "after");
			Events events = context.getBean(Events.class);
			assertThat(events.connected.await(2)).map(PgListenerEvent.Connected::resumed).containsExactly(false, true);
			assertThat(events.gaps.await(1)).singleElement()
				.satisfies((event) -> assertThat(event.subscriber()).isNull());
		});
	}

	/**
	 * Waits until everything sent so far has been put into the mailboxes.
	 */
	private static void awaitHeard(PgListenerRegistry registry) throws Exception {
		CompletableFuture<Void> heard = new CompletableFuture<>();
		registry.subscribe("marker", "marker", (notification) -> heard.complete(null)).get(10, TimeUnit.SECONDS);
		notify("marker", "");
		heard.get(30, TimeUnit.SECONDS);
		registry.unsubscribe("marker", "marker").get(10, TimeUnit.SECONDS);
	}

	private static List<String> serverSide(PgListenerRegistry registry) {
		return registry.channels().stream().map(ChannelName::value).toList();
	}

	private static void send(String channel, int count) {
		IntStream.range(0, count).forEach((i) -> notify(channel, String.valueOf(i)));
	}

	private static void notify(String channel, String payload) {
		database.queryForString("SELECT pg_notify(?, ?)::text", channel, payload);
	}

	static class Concurrent {

		final Recorder<String> received = new Recorder<>();

		private final CyclicBarrier barrier = new CyclicBarrier(4);

		@PgListener(channels = "concurrent", concurrency = "${missing:4}")
		void listen(String payload) throws Exception {
			this.barrier.await(30, TimeUnit.SECONDS);
			this.received.record(payload);
		}

	}

	static class Blocked {

		final Recorder<String> received = new Recorder<>();

		final CountDownLatch entered = new CountDownLatch(1);

		final CountDownLatch leave = new CountDownLatch(1);

		@PgListener(channels = "blocked", onGap = "gap")
		void listen(String payload) throws InterruptedException {
			this.entered.countDown();
			this.leave.await();
			this.received.record(payload);
		}

		void gap(PgGap gap) {
			this.received.record("gap of " + gap.dropped());
		}

	}

	static class Events {

		final Recorder<PgListenerEvent.Connected> connected = new Recorder<>();

		final Recorder<PgListenerEvent.Gap> gaps = new Recorder<>();

		final Recorder<PgListenerEvent.Idle> idle = new Recorder<>();

		@EventListener
		void on(PgListenerEvent.Connected event) {
			this.connected.record(event);
		}

		@EventListener
		void on(PgListenerEvent.Gap event) {
			this.gaps.record(event);
		}

		@EventListener
		void on(PgListenerEvent.Idle event) {
			this.idle.record(event);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Filtered {

		final Recorder<String> received = new Recorder<>();

		@Bean
		PgListenerFilter acmeOnly() {
			return (message) -> "acme".equals(message.getHeaders().get("tenant"));
		}

		@PgListener(channels = "filtered", filter = "acmeOnly")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

}
