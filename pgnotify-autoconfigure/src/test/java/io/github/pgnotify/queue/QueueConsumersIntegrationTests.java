package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.LeaseLostException;
import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static io.github.pgnotify.queue.QueueHarness.ORDERS;
import static io.github.pgnotify.queue.QueueHarness.consumer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What becomes of stored messages.
 */
class QueueConsumersIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private QueueHarness queue;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
	}

	@AfterEach
	void stop() {
		this.queue.close();
	}

	@Test
	void messagesOfBeforeAndAfterTheGroupAreHandledInOrder() {
		this.queue.store("1", "2");
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		QueueConsumers instance = this.queue.start("billing",
				(messages) -> messages.forEach((message) -> handled.add(message.data())));
		await().untilAsserted(() -> assertThat(handled).containsExactly("1", "2"));
		this.queue.store("3");
		instance.stored(Set.of(ORDERS));
		await().untilAsserted(() -> assertThat(handled).containsExactly("1", "2", "3"));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(this.queue.count("message")).isEqualTo(3);
		assertThat(this.queue.events()).contains(new PgQueueEvent.GroupStarted(ORDERS, "billing", 2));
	}

	@Test
	void everyGroupGetsEveryMessageAndItsMembersShareThem() {
		Map<String, AtomicInteger> handled = new ConcurrentHashMap<>();
		for (String group : List.of("a", "a", "b")) {
			this.queue
				.start(group,
						(messages) -> messages.forEach((message) -> handled
							.computeIfAbsent(group + message.data(), (key) -> new AtomicInteger())
							.incrementAndGet()));
		}
		for (int i = 0; i < 50; i++) {
			this.queue.store(String.valueOf(i));
		}
		await().untilAsserted(() -> assertThat(handled).hasSize(100));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(handled.values()).allMatch((count) -> count.get() == 1);
	}

	@Test
	void whatFailsIsTriedAgainAndThenADeadLetterWithEveryError() {
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		this.queue.start("billing", (messages) -> {
			String data = messages.get(0).data();
			handled.add(data + "#" + messages.get(0).delivery().attempt());
			if (data.equals("1")) {
				throw new IllegalStateException("no " + handled.size());
			}
		});
		this.queue.store("1", "2");
		await().untilAsserted(() -> assertThat(handled).containsExactlyInAnyOrder("1#1", "2#1", "1#2", "1#3"));
		await().untilAsserted(() -> assertThat(this.queue.count("dead_letter")).isOne());
		assertThat(this.queue.count("delivery")).isZero();
		Map<String, Object> letter = this.queue.jdbc()
			.queryForMap("SELECT reason, attempts, token, jsonb_array_length(errors) AS errors, "
					+ "errors -> 2 ->> 'error' AS last FROM queue.dead_letter");
		assertThat(letter).containsEntry("reason", "failed")
			.containsEntry("attempts", (Object) 3)
			.containsEntry("token", 3L)
			.containsEntry("errors", 3);
		assertThat((String) letter.get("last")).contains("IllegalStateException: no");
		assertThat(this.queue.events()).hasAtLeastOneElementOfType(PgQueueEvent.DeadLettered.class);
	}

	@Test
	void whatCannotBeReadIsADeadLetterAtOnceAndItsBatchIsNot() {
		Set<String> handled = ConcurrentHashMap.newKeySet();
		this.queue.store("1", "2", "3");
		this.queue.start(consumer("billing", AckMode.AT_LEAST_ONCE, 1, 10, (messages) -> {
			if (messages.stream().anyMatch((message) -> message.data().equals("2"))) {
				throw new PayloadConversionException("not a number");
			}
			messages.forEach((message) -> handled.add(message.data()));
		}));
		await().untilAsserted(() -> assertThat(this.queue.count("dead_letter")).isOne());
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(handled).containsExactlyInAnyOrder("1", "3");
		assertThat(this.database.queryForString("SELECT reason FROM queue.dead_letter")).isEqualTo("undecodable");
	}

	@Test
	void whatHasExpiredIsADeadLetterUnheard() {
		this.queue.jdbc()
			.update("INSERT INTO queue.message (channel, data, expires_at) VALUES ('orders', '1', now() - interval '1 s')");
		this.queue.store("2");
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		this.queue.start("billing", (messages) -> handled.add(messages.get(0).data()));
		await().untilAsserted(() -> assertThat(this.queue.count("dead_letter")).isOne());
		await().untilAsserted(() -> assertThat(handled).containsExactly("2"));
		assertThat(this.database.queryForString("SELECT reason FROM queue.dead_letter")).isEqualTo("expired");
	}

	@Test
	void higherPrioritiesGoFirst() {
		this.queue.jdbc()
			.update("INSERT INTO queue.message (channel, data, priority) "
					+ "SELECT 'orders', to_json(p), p FROM unnest(ARRAY[0, 5, -3, 9]) AS p");
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		this.queue.start("billing", (messages) -> handled.add(messages.get(0).data()));
		await().untilAsserted(() -> assertThat(handled).containsExactly("9", "5", "0", "-3"));
	}

	@Test
	void aDelayedMessageWaitsAndDoesNotHoldUpOthers() {
		this.queue.jdbc()
			.update("INSERT INTO queue.message (channel, data, available_at) "
					+ "VALUES ('orders', '1', now() + interval '700 ms'), ('orders', '2', NULL)");
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		this.queue.start("billing", (messages) -> handled.add(messages.get(0).data()));
		await().untilAsserted(() -> assertThat(handled).containsExactly("2", "1"));
		assertThat(this.queue.jdbc()
			.queryForObject("SELECT clock_timestamp() > max(available_at) FROM queue.message", Boolean.class)).isTrue();
	}

	@Test
	void messagesOfAKeyAreHandledOneAfterTheOtherAlsoAfterAFailure() {
		for (int i = 0; i < 60; i++) {
			this.queue.jdbc()
				.update("INSERT INTO queue.message (channel, data, key) VALUES ('orders', ?::json, ?)",
						String.valueOf(i), "k" + i % 3);
		}
		Map<String, List<Integer>> handled = new ConcurrentHashMap<>();
		Map<String, AtomicInteger> running = new ConcurrentHashMap<>();
		AtomicInteger overlaps = new AtomicInteger();
		for (int instance = 0; instance < 2; instance++) {
			this.queue.start(consumer("billing", AckMode.AT_LEAST_ONCE, 4, 1, (messages) -> {
				Delivery delivery = messages.get(0).delivery();
				AtomicInteger ofKey = running.computeIfAbsent(delivery.key(), (key) -> new AtomicInteger());
				if (ofKey.incrementAndGet() > 1) {
					overlaps.incrementAndGet();
				}
				try {
					int number = Integer.parseInt(messages.get(0).data());
					if (number % 7 == 0 && delivery.attempt() == 1) {
						throw new IllegalStateException("once");
					}
					handled.computeIfAbsent(delivery.key(), (key) -> new java.util.concurrent.CopyOnWriteArrayList<>())
						.add(number);
				}
				finally {
					ofKey.decrementAndGet();
				}
			}));
		}
		await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(overlaps).hasValue(0);
		assertThat(handled).hasSize(3).allSatisfy((key, numbers) -> assertThat(numbers).hasSize(20).isSorted());
	}

	@ParameterizedTest
	@EnumSource(AckMode.class)
	void everyAckModeHandlesAllOnce(AckMode ack) {
		this.database.execute("INSERT INTO queue.message (channel, data, announce) "
				+ "SELECT 'orders', to_json(n), false FROM generate_series(1, 500) AS n");
		Map<String, AtomicInteger> handled = new ConcurrentHashMap<>();
		this.queue.start(consumer("billing", ack, 4, 7, (messages) -> messages.forEach(
				(message) -> handled.computeIfAbsent(message.data(), (key) -> new AtomicInteger()).incrementAndGet())));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		await().untilAsserted(() -> assertThat(handled).hasSize(500));
		assertThat(handled.values()).allMatch((count) -> count.get() == 1);
		assertThat(this.queue.count("dead_letter")).isZero();
	}

	@Test
	void aTransactionalHandlersEffectsAreThoseOfItsLastAttempt() {
		this.database.execute("CREATE TABLE effect (n int, attempt int)");
		this.queue.store("1", "2");
		this.queue.start(consumer("billing", AckMode.TRANSACTIONAL, 1, 1, (messages) -> {
			Delivery delivery = messages.get(0).delivery();
			new org.springframework.jdbc.core.JdbcTemplate(this.queue.dataSource())
				.update("INSERT INTO effect VALUES (?::int, ?)", messages.get(0).data(), delivery.attempt());
			if (delivery.attempt() < 2) {
				throw new java.io.IOException("first attempt");
			}
		}));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(this.queue.jdbc().queryForList("SELECT n || '#' || attempt FROM effect ORDER BY n", String.class))
			.containsExactly("1#2", "2#2");
	}

	@Test
	void aDeliveryCanBeGivenBackAndGivenUpByItsListener() {
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		this.queue.store("1", "2");
		this.queue.start("billing", (messages) -> {
			Delivery delivery = messages.get(0).delivery();
			handled.add(messages.get(0).data() + "#" + delivery.attempt());
			delivery.extend(Duration.ofMinutes(1));
			if (messages.get(0).data().equals("1")) {
				delivery.deadLetter("not for us");
				assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> delivery.extend(Duration.ZERO));
			}
			else if (delivery.attempt() < 5) {
				delivery.negativeAcknowledge(Duration.ofMillis(1));
			}
		});
		await().untilAsserted(() -> assertThat(handled).containsExactly("1#1", "2#1", "2#2", "2#3", "2#4", "2#5"));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(this.database.queryForString("SELECT reason || errors FROM queue.dead_letter"))
			.startsWith("rejected")
			.contains("not for us");
	}

	@Test
	void whatIsNotBegunAtAStopIsReleasedUncountedAndWhatIsBegunIsFinished() throws Exception {
		for (int i = 0; i < 20; i++) {
			this.queue.store(String.valueOf(i));
		}
		CountDownLatch begun = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		QueueConsumers first = this.queue.start("billing", (messages) -> {
			begun.countDown();
			goOn.await();
		});
		assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
		CountDownLatch stopped = new CountDownLatch(1);
		first.stop(stopped::countDown);
		await().untilAsserted(() -> assertThat(this.queue.jdbc()
			.queryForObject("SELECT count(*) FROM queue.delivery WHERE state = 'ready' AND attempts = 0", Long.class))
			.isEqualTo(19));
		goOn.countDown();
		assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();
		assertThat(this.queue.count("delivery")).isEqualTo(19);
		assertThat(this.queue.count("instance")).isZero();
	}

	@Test
	void aListenerThatNeverReturnsDoesNotHoldUpAStopBeyondTheGrace() throws Exception {
		CountDownLatch begun = new CountDownLatch(1);
		CountDownLatch never = new CountDownLatch(1);
		this.queue.with((settings) -> new QueueSettings("test", settings.lease(), settings.pollInterval(), 100,
				settings.prefetchBytes(), settings.retryPolicy(), settings.retention(), settings.deadLetterRetention(),
				Duration.ofMillis(300)));
		this.queue.store("1");
		QueueConsumers first = this.queue.start("billing", (messages) -> {
			begun.countDown();
			never.await();
		});
		assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
		first.stop();
		assertThat(this.database.queryForString("SELECT state || attempts FROM queue.delivery")).isEqualTo("ready0");
		never.countDown();
	}

}
