package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.Seed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import static io.github.pgnotify.queue.QueueHarness.consumer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Messages of a key: one after the other, in order of id among those committed.
 */
@Timeout(900)
class QueueKeyOrderIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(120);

	private static final int KEYS = 6;

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final Map<Long, Message> messages = new ConcurrentHashMap<>();

	private final Map<String, AtomicInteger> running = new ConcurrentHashMap<>();

	private final AtomicInteger overlaps = new AtomicInteger();

	private final AtomicInteger failures = new AtomicInteger();

	private QueueHarness queue;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
	}

	@AfterEach
	void stop() {
		this.queue.close();
		this.threads.shutdownNow();
	}

	@Test
	void messagesOfAKeyNeverOverlapAndKeepTheirOrderWhateverHappens() throws Exception {
		int transactions = Figures.count(150, 3_000);
		Random random = Seed.random("keys");
		List<QueueConsumers> instances = new ArrayList<>(List.of(start(), start(), start()));
		List<Future<?>> producers = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			Random own = new Random(random.nextLong());
			producers.add(this.threads.submit(() -> produce(own, transactions)));
		}
		for (int i = 0; i < 6; i++) {
			LockSupport.parkNanos(random.nextInt(300_000_000));
			if (random.nextBoolean()) {
				this.queue.jdbc()
					.queryForList("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
							+ "WHERE datname = current_database() AND application_name LIKE '% queue' LIMIT 1");
			}
			else {
				instances.remove(0).stop();
				instances.add(start());
			}
		}
		for (Future<?> producer : producers) {
			producer.get(120, TimeUnit.SECONDS);
		}
		await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 0);
		instances.forEach(QueueConsumers::stop);
		assertThat(this.overlaps).as("attempts of one key at once").hasValue(0);
		assertThat(this.messages.values()).allMatch((message) -> message.firstBegun != 0);
		int pairs = 0;
		for (int key = 0; key < KEYS; key++) {
			pairs += checkOrder("k" + key);
		}
		assertThat(this.failures).hasPositiveValue();
		Figures.print("order of keys",
				this.messages.size() + " messages, " + pairs + " pairs, " + this.failures + " failed attempts, "
						+ this.queue.count("dead_letter") + " dead letters, overlapping 0, out of order 0");
	}

	@Test
	void aBlockedKeyHoldsItsOwnMessagesAndNoOthers() {
		Set<String> handled = ConcurrentHashMap.newKeySet();
		for (int i = 0; i < 3; i++) {
			this.database.execute("INSERT INTO queue.message (channel, data, announce, key) VALUES " + "('orders', '\"a"
					+ i + "\"', false, 'a'), ('orders', '\"b" + i + "\"', false, 'b'), " + "('orders', '\"c" + i
					+ "\"', false, NULL)");
		}
		this.queue.start("billing", (deliveries) -> {
			Delivery delivery = deliveries.get(0).delivery();
			if (deliveries.get(0).data().equals("\"a0\"") && delivery.attempt() == 1) {
				delivery.negativeAcknowledge(Duration.ofHours(1));
			}
			else {
				handled.add(deliveries.get(0).data());
			}
		});
		await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 3);
		assertThat(handled).containsExactlyInAnyOrder("\"b0\"", "\"b1\"", "\"b2\"", "\"c0\"", "\"c1\"", "\"c2\"");
		this.database.execute("UPDATE queue.delivery SET available_at = now() WHERE state = 'deferred'");
		await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 0);
		assertThat(handled).contains("\"a0\"", "\"a1\"", "\"a2\"");
	}

	private QueueConsumers start() {
		return this.queue.start(
				consumer("billing", AckMode.AT_LEAST_ONCE, 4, 1, (deliveries) -> handle(deliveries.get(0).delivery())));
	}

	private void handle(Delivery delivery) {
		Message message = this.messages.computeIfAbsent(delivery.messageId(), (id) -> new Message(id, delivery.key()));
		String key = delivery.key();
		AtomicInteger ofKey = this.running.computeIfAbsent(String.valueOf(key), (k) -> new AtomicInteger());
		message.begin();
		try {
			if (ofKey.incrementAndGet() > 1 && key != null) {
				this.overlaps.incrementAndGet();
			}
			LockSupport.parkNanos((delivery.messageId() % 7) * 200_000);
			if ((delivery.messageId() * 31 + delivery.attempt() * 17L) % 9 == 0 || delivery.messageId() % 53 == 0) {
				this.failures.incrementAndGet();
				throw new IllegalStateException("by chance");
			}
		}
		finally {
			ofKey.decrementAndGet();
			message.end();
		}
	}

	/**
	 * Checks those of which the first was committed before the second one was stored:
	 * others may have been claimed the other way round.
	 */
	private int checkOrder(String key) {
		List<Message> ofKey = this.messages.values()
			.stream()
			.filter((message) -> key.equals(message.key))
			.sorted((one, other) -> Long.compare(one.id, other.id))
			.toList();
		int pairs = 0;
		for (int i = 0; i < ofKey.size(); i++) {
			for (int j = i + 1; j < ofKey.size(); j++) {
				Message one = ofKey.get(i);
				Message other = ofKey.get(j);
				if (one.committed - other.stored < 0) {
					pairs++;
					assertThat(one.lastEnded - other.firstBegun).as("%d ended before %d began", one.id, other.id)
						.isNegative();
				}
			}
		}
		return pairs;
	}

	private void produce(Random random, int transactions) {
		try (Connection connection = this.queue.dataSource().getConnection();
				PreparedStatement insert = connection.prepareStatement("INSERT INTO queue.message "
						+ "(channel, data, announce, key, available_at) VALUES ('orders', '1', false, ?, "
						+ "CASE WHEN ? THEN clock_timestamp() + interval '30 ms' END) RETURNING id")) {
			connection.setAutoCommit(false);
			for (int i = 0; i < transactions; i++) {
				List<Message> stored = new ArrayList<>();
				for (int n = random.nextInt(3); n >= 0; n--) {
					stored.add(store(insert, random));
					LockSupport.parkNanos(random.nextInt(2_000_000));
				}
				connection.commit();
				long committed = System.nanoTime();
				stored.forEach((message) -> message.committed = committed);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private Message store(PreparedStatement insert, Random random) throws SQLException {
		String key = (random.nextInt(5) == 0) ? null : "k" + random.nextInt(KEYS);
		insert.setString(1, key);
		insert.setBoolean(2, random.nextInt(10) == 0);
		long begun = System.nanoTime();
		try (ResultSet row = insert.executeQuery()) {
			row.next();
			Message message = this.messages.computeIfAbsent(row.getLong(1), (id) -> new Message(id, key));
			message.stored = begun;
			return message;
		}
	}

	/**
	 * What happened to a message, in nanoseconds.
	 */
	private static final class Message {

		private final long id;

		private final String key;

		private volatile long stored;

		private volatile long committed;

		private long firstBegun;

		private long lastEnded;

		Message(long id, String key) {
			this.id = id;
			this.key = key;
		}

		synchronized void begin() {
			this.firstBegun = (this.firstBegun != 0) ? this.firstBegun : System.nanoTime();
		}

		synchronized void end() {
			this.lastEnded = System.nanoTime();
		}

	}

}
