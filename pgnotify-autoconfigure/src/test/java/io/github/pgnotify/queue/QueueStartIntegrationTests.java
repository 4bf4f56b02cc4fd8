package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.StartPosition;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.Seed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * How a group begins while messages are being stored: with every message, each once.
 */
class QueueStartIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final SchemaName SCHEMA = new SchemaName("queue");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final SubscriptionTable subscriptions = new SubscriptionTable(SCHEMA);

	private final Map<Long, AtomicInteger> handled = new ConcurrentHashMap<>();

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

	/**
	 * The producer's number is higher than that of the transaction that makes the group,
	 * and yet it does not see the group.
	 */
	@Test
	void aTransactionThatBeginsWhileTheGroupIsMadeIsWaitedFor() throws Exception {
		ChannelName channel = ChannelName.of("c");
		try (Connection holdUp = begin(); Connection starter = this.queue.dataSource().getConnection()) {
			execute(holdUp, "SELECT FROM queue.subscription_change FOR UPDATE");
			Future<Boolean> created = this.threads
				.submit(() -> this.subscriptions.create(starter, channel, "g", StartPosition.EARLIEST));
			awaitBlockedBy(holdUp);
			try (Connection producer = begin()) {
				long message = insert(producer, "c");
				holdUp.rollback();
				assertThat(created.get(30, TimeUnit.SECONDS)).isTrue();
				int id = this.subscriptions.find(starter, channel, "g").id();
				this.subscriptions.setBarrier(starter, id);
				for (int i = 0; i < 3; i++) {
					assertThat(this.subscriptions.isBarrierPassed(starter, id)).isFalse();
				}
				producer.commit();
				await().atMost(PATIENCE).until(() -> this.subscriptions.isBarrierPassed(starter, id));
				assertThat(this.subscriptions.activate(starter, id)).isOne();
				assertThat(this.queue.count("delivery WHERE message_id = " + message)).isOne();
			}
		}
	}

	@Test
	@Timeout(1800)
	void whateverTheTimingNothingIsMissedAndNothingTwice() throws Exception {
		int rounds = Figures.count(100, 1000);
		Random random = Seed.random("start");
		int messages = 0;
		int earlier = 0;
		for (int round = 0; round < rounds; round++) {
			ChannelName channel = ChannelName.of("channel " + round);
			AtomicBoolean enough = new AtomicBoolean();
			Set<Long> committed = ConcurrentHashMap.newKeySet();
			List<Future<?>> producers = new ArrayList<>();
			for (int i = 0; i < 3; i++) {
				Random own = new Random(random.nextLong());
				producers.add(this.threads.submit(() -> produce(channel, own, committed, enough)));
			}
			LockSupport.parkNanos(random.nextInt(8_000_000));
			this.handled.clear();
			QueueConsumers instance = start(channel, "g", StartPosition.EARLIEST);
			await().pollInterval(Duration.ofMillis(5))
				.atMost(PATIENCE)
				.until(() -> this.queue
					.count("subscription WHERE state = 'active' AND channel = '" + channel + "'") == 1);
			enough.set(true);
			for (Future<?> producer : producers) {
				producer.get(30, TimeUnit.SECONDS);
			}
			instance.stored(Set.of(channel));
			await().pollInterval(Duration.ofMillis(5))
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(this.handled.keySet()).containsAll(committed));
			instance.stop();
			assertThat(this.handled.keySet()).as("round %d", round).isEqualTo(committed);
			assertThat(this.handled.values()).allMatch((count) -> count.get() == 1);
			assertThat(this.queue.count("delivery")).isZero();
			messages += committed.size();
		}
		for (Object event : this.queue.events()) {
			earlier += (event instanceof PgQueueEvent.GroupStarted started) ? started.earlier() : 0;
		}
		Figures.print("groups started while producers store",
				rounds + " starts, " + messages + " messages, " + earlier + " of before, lost 0, twice 0");
		assertThat(earlier).as("Else nothing was shown").isBetween(1, messages - 1);
	}

	@Test
	void latestBeginsWithWhatIsStoredAfterwards() throws Exception {
		ChannelName channel = ChannelName.of("c");
		try (Connection before = begin(); Connection open = begin()) {
			insert(before, "c");
			before.commit();
			insert(open, "c");
			start(channel, "g", StartPosition.LATEST);
			await().until(() -> this.queue.count("subscription WHERE barrier IS NOT NULL") == 1);
			open.commit();
			await().atMost(PATIENCE).until(() -> this.queue.count("subscription WHERE state = 'active'") == 1);
			long after = insert(before, "c");
			before.commit();
			await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).containsOnlyKeys(after));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3 })
	void whatAStarterThatDiedHasBegunTheNextOneEnds(int steps) throws Exception {
		ChannelName channel = ChannelName.of("c");
		Set<Long> expected = ConcurrentHashMap.newKeySet();
		try (Connection starter = this.queue.dataSource().getConnection();
				Connection producer = begin();
				Connection slow = begin()) {
			expected.add(insert(producer, "c"));
			producer.commit();
			expected.add(insert(slow, "c"));
			this.subscriptions.create(starter, channel, "g", StartPosition.EARLIEST);
			if (steps > 1) {
				this.subscriptions.setBarrier(starter, this.subscriptions.find(starter, channel, "g").id());
			}
			expected.add(insert(producer, "c"));
			producer.commit();
			if (steps > 2) {
				slow.commit();
				// Dies in the last step, before it commits
				starter.setAutoCommit(false);
				execute(starter, "SELECT FROM queue.subscription FOR UPDATE");
				execute(starter, "INSERT INTO queue.delivery (message_id, subscription_id, priority, state) "
						+ "SELECT message.id, subscription.id, 0, 'ready' FROM queue.message, queue.subscription "
						+ "ON CONFLICT DO NOTHING");
			}
			start(channel, "g", StartPosition.EARLIEST);
			await().until(() -> this.queue.count("subscription WHERE barrier IS NOT NULL") == 1);
			assertThat(this.handled).isEmpty();
			slow.commit();
			starter.abort(Runnable::run);
		}
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled.keySet()).isEqualTo(expected));
		await().atMost(PATIENCE).until(() -> this.queue.count("delivery") == 0);
		assertThat(this.handled.values()).allMatch((count) -> count.get() == 1);
	}

	@Test
	void instancesThatStartAGroupAtOnceAddEarlierMessagesOnce() throws Exception {
		for (int i = 0; i < 50; i++) {
			this.queue.store("1");
		}
		int groups = Figures.count(10, 100);
		for (int round = 0; round < groups; round++) {
			String group = "g" + round;
			this.handled.clear();
			List<Future<QueueConsumers>> starts = new ArrayList<>();
			for (int i = 0; i < 3; i++) {
				QueueConsumers instance = new QueueInstance(this.queue).build();
				instance.add(consumer(QueueHarness.ORDERS, group, StartPosition.EARLIEST));
				starts.add(this.threads.submit(() -> {
					instance.start();
					return instance;
				}));
			}
			await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.handled).hasSize(50));
			for (Future<QueueConsumers> start : starts) {
				start.get(30, TimeUnit.SECONDS).stop();
			}
			assertThat(this.handled.values()).allMatch((count) -> count.get() == 1);
			await().untilAsserted(() -> assertThat(this.queue.events())
				.containsOnlyOnce(new PgQueueEvent.GroupStarted(QueueHarness.ORDERS, group, 50)));
		}
	}

	@Test
	void aProducerWithAnOlderSnapshotFailsRatherThanLosing() throws Exception {
		ChannelName channel = ChannelName.of("c");
		for (int isolation : List.of(Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE)) {
			try (Connection producer = begin(); Connection starter = this.queue.dataSource().getConnection()) {
				producer.setTransactionIsolation(isolation);
				execute(producer, "SELECT 1");
				this.subscriptions.create(starter, channel, "g" + isolation, StartPosition.LATEST);
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> insert(producer, "c"))
					.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("40001"));
				producer.rollback();
				// Tried again it sees the group
				long message = insert(producer, "c");
				producer.commit();
				assertThat(this.queue.count("delivery JOIN queue.subscription ON id = subscription_id "
						+ "WHERE group_name = 'g" + isolation + "' AND message_id = " + message))
					.isOne();
			}
		}
	}

	private void produce(ChannelName channel, Random random, Set<Long> committed, AtomicBoolean enough) {
		try (Connection connection = begin()) {
			int more = 2;
			while (more > 0) {
				more -= enough.get() ? 1 : 0;
				List<Long> stored = new ArrayList<>();
				for (int i = random.nextInt(3); i >= 0; i--) {
					stored.add(insert(connection, channel.value()));
					if (random.nextInt(3) == 0) {
						LockSupport.parkNanos(random.nextInt((random.nextInt(10) == 0) ? 30_000_000 : 3_000_000));
					}
				}
				if (random.nextInt(8) == 0) {
					connection.rollback();
				}
				else {
					connection.commit();
					committed.addAll(stored);
				}
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private QueueConsumers start(ChannelName channel, String group, StartPosition position) {
		return this.queue.start(consumer(channel, group, position));
	}

	private GroupConsumer consumer(ChannelName channel, String group, StartPosition position) {
		return new GroupConsumer(group + ".listener", Set.of(channel), group, position, AckMode.AT_LEAST_ONCE, 2, 1,
				null, null,
				(messages) -> messages.forEach((message) -> this.handled
					.computeIfAbsent(message.delivery().messageId(), (id) -> new AtomicInteger())
					.incrementAndGet()));
	}

	private Connection begin() throws SQLException {
		Connection connection = this.queue.dataSource().getConnection();
		connection.setAutoCommit(false);
		return connection;
	}

	private static long insert(Connection connection, String channel) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("INSERT INTO queue.message (channel, data, announce) VALUES ('"
						+ channel + "', '1', false) RETURNING id")) {
			row.next();
			return row.getLong(1);
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private void awaitBlockedBy(Connection holder) throws SQLException {
		int pid;
		try (Statement statement = holder.createStatement();
				ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
			row.next();
			pid = row.getInt(1);
		}
		Callable<Boolean> blocked = () -> this.queue.jdbc()
			.queryForObject("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE ? = ANY (pg_blocking_pids(pid)))",
					Boolean.class, pid);
		await().atMost(PATIENCE).until(blocked);
	}

}
