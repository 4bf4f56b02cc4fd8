package io.github.pgnotify.queue;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.queue.DeadLetter.FailedAttempt;
import io.github.pgnotify.testsupport.TestDatabase;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static io.github.pgnotify.queue.QueueHarness.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * What administrators see and do of groups and dead letters.
 */
class PgQueueAdminIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ConcurrentLinkedQueue<Set<ChannelName>> wakeUps = new ConcurrentLinkedQueue<>();

	private QueueHarness queue;

	private PgQueueAdmin admin;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database).with((settings) -> slow(settings));
		this.admin = new PgQueueAdmin(this.queue.dataSource(), "queue", this.wakeUps::add);
	}

	@AfterEach
	void stop() {
		this.queue.close();
	}

	@Test
	void groupsAreCountedByWhatTheirMessagesWaitFor() {
		group("billing");
		group("audit");
		this.queue.store("1", "2", "3", "4", "5", "6");
		this.database.execute("""
				UPDATE queue.message SET created_at = now() - interval '1 h';
				UPDATE queue.delivery SET state = 'deferred', available_at = now() + interval '1 h'
				WHERE message_id = 1 AND subscription_id = 1;
				UPDATE queue.delivery SET state = 'leased', owner = 1, leased_until = now() + interval '1 h'
				WHERE message_id IN (2, 3) AND subscription_id = 1;
				UPDATE queue.delivery SET state = 'suspect' WHERE message_id = 4 AND subscription_id = 1;
				""");
		bury(5, 1);
		this.database.execute("UPDATE queue.subscription SET state = 'starting' WHERE group_name = 'audit'");
		List<GroupStatus> groups = this.admin.groups();
		assertThat(groups).extracting(GroupStatus::group).containsExactly("audit", "billing");
		GroupStatus billing = groups.get(1);
		assertThat(billing).isEqualTo(new GroupStatus(ORDERS, "billing", GroupStatus.State.ACTIVE, false, 1, 1, 2, 1, 1,
				billing.oldestReadyAge()));
		assertThat(billing.oldestReadyAge()).isBetween(Duration.ofHours(1), Duration.ofHours(2));
		assertThat(groups.get(0)).extracting(GroupStatus::state, GroupStatus::ready, GroupStatus::deadLetters)
			.containsExactly(GroupStatus.State.STARTING, 6L, 0L);
	}

	@Test
	void aGroupWithNothingToDoHasZeros() {
		assertThat(this.admin.groups()).isEmpty();
		group("billing");
		assertThat(this.admin.groups())
			.containsExactly(new GroupStatus(ORDERS, "billing", GroupStatus.State.ACTIVE, false, 0, 0, 0, 0, 0, null));
	}

	@Test
	void aPausedGroupBeginsNothingInAnyInstanceAndAResumedOneGoesOnAtOnce() throws Exception {
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		BlockingQueue<String> others = new LinkedBlockingQueue<>();
		List<QueueConsumers> instances = List.of(start("billing", handled), start("billing", handled),
				start("other", others));
		PgQueueAdmin waking = new PgQueueAdmin(this.queue.dataSource(), "queue", instances.get(0)::stored);
		await().untilAsserted(() -> assertThat(waking.groups()).extracting(GroupStatus::state)
			.containsExactly(GroupStatus.State.ACTIVE, GroupStatus.State.ACTIVE));
		waking.pause("orders", "billing");
		assertThat(waking.groups()).extracting(GroupStatus::paused).containsExactly(true, false);
		for (String data : List.of("1", "2")) {
			this.queue.store(data);
			instances.forEach((instance) -> instance.stored(Set.of(ORDERS)));
			assertThat(others.poll(30, TimeUnit.SECONDS)).isEqualTo(data);
		}
		assertThat(handled).isEmpty();
		// They look by themselves only every ten minutes
		waking.resume("orders", "billing");
		assertThat(handled.poll(30, TimeUnit.SECONDS)).isEqualTo("1");
		assertThat(handled.poll(30, TimeUnit.SECONDS)).isEqualTo("2");
	}

	@Test
	void anUnknownGroupCannotBePausedOrResumed() {
		group("billing");
		assertThatExceptionOfType(UnknownGroupException.class).isThrownBy(() -> this.admin.pause("orders", "biling"))
			.withMessageContainingAll("'orders'", "'biling'");
		assertThatExceptionOfType(UnknownGroupException.class).isThrownBy(() -> this.admin.resume("order", "billing"));
		assertThat(this.admin.groups().get(0).paused()).isFalse();
		assertThat(this.wakeUps).isEmpty();
	}

	@Test
	void deadLettersTellEverythingPageByPage() {
		group("billing");
		this.database.execute(
				"""
						INSERT INTO queue.message (channel, data, key, headers, announce)
						SELECT 'orders', to_json(n), CASE n WHEN 1 THEN 'k' END, CASE n WHEN 1 THEN '{"a":1,"b":null}'::json END, false
						FROM generate_series(1, 5) AS n
						""");
		for (int id = 1; id <= 5; id++) {
			bury(id, 1);
		}
		List<DeadLetter> page = this.admin.deadLetters("orders", "billing", 2);
		assertThat(page).extracting(DeadLetter::messageId).containsExactly(1L, 2L);
		DeadLetter first = page.get(0);
		assertThat(first).isEqualTo(
				new DeadLetter(first.id(), 1, ORDERS, "billing", "1", Map.of("a", 1), "k", DeadLetter.Reason.FAILED, 3,
						List.of(new FailedAttempt(1, "t", "e")), first.createdAt(), first.diedAt()));
		assertThat(first.toString()).doesNotContain("data");
		assertThat(this.admin.deadLetters("orders", "billing", page.get(1).id(), 100)).extracting(DeadLetter::messageId)
			.containsExactly(3L, 4L, 5L);
		assertThat(this.admin.deadLetters("orders", "audit", 100)).isEmpty();
	}

	@Test
	void aRedrivenMessageIsHandledAnewWithARisenTokenAndItsErrors() throws Exception {
		BlockingQueue<String> handled = new LinkedBlockingQueue<>();
		CountDownLatch repaired = new CountDownLatch(1);
		QueueConsumers instance = this.queue.start("billing", (messages) -> {
			handled.add(messages.get(0).delivery().attempt() + "#" + messages.get(0).delivery().token());
			if (repaired.getCount() > 0) {
				throw new IllegalStateException("broken");
			}
		});
		PgQueueAdmin waking = new PgQueueAdmin(this.queue.dataSource(), "queue", instance::stored);
		this.queue.store("1");
		instance.stored(Set.of(ORDERS));
		await().untilAsserted(() -> assertThat(this.queue.count("dead_letter")).isOne());
		DeadLetter letter = waking.deadLetters("orders", "billing", 10).get(0);
		assertThat(letter.errors()).hasSize(3);
		assertThat(waking.redrive(letter.id())).isTrue();
		await().untilAsserted(() -> assertThat(waking.deadLetters("orders", "billing", 10)).singleElement()
			.satisfies((again) -> assertThat(again.errors()).hasSize(6)));
		repaired.countDown();
		assertThat(waking.redriveAll("orders", "billing")).isOne();
		await()
			.untilAsserted(() -> assertThat(handled).containsExactly("1#1", "2#2", "3#3", "1#4", "2#5", "3#6", "1#7"));
		await().untilAsserted(() -> assertThat(this.queue.count("delivery")).isZero());
		assertThat(this.queue.count("dead_letter")).isZero();
	}

	@Test
	void dealingWithDeadLettersTouchesThoseThatAreMeantAndCountsThem() {
		group("billing");
		group("audit");
		this.queue.store("1", "2", "3");
		for (int id = 1; id <= 3; id++) {
			bury(id, 1);
			bury(id, 2);
		}
		List<Long> billing = ids("billing");
		assertThat(this.admin.redrive(List.of(billing.get(0), 999L))).isOne();
		assertThat(this.admin.redrive(billing.get(0))).isFalse();
		assertThat(this.admin.discard(billing.get(1))).isTrue();
		assertThat(this.admin.discard(billing)).isOne();
		assertThat(ids("billing")).isEmpty();
		assertThat(this.admin.redrive(List.of())).isZero();
		assertThat(this.admin.redriveAll("invoices", "audit")).isZero();
		assertThat(ids("audit")).hasSize(3);
		assertThat(this.admin.discardAll("orders", "audit")).isEqualTo(3);
		assertThat(this.admin.redriveAll("orders", "audit")).isZero();
		assertThat(this.queue.jdbc()
			.queryForList("SELECT message_id || state || attempts || '/' || token || subscription_id "
					+ "FROM queue.delivery", String.class))
			.containsExactly("1ready0/71");
		assertThat(this.wakeUps).containsExactly(Set.of(ORDERS));
	}

	@Test
	void manyAtOnceRedriveEveryDeadLetterOnce() throws Exception {
		group("billing");
		this.database.execute("INSERT INTO queue.message (channel, announce) "
				+ "SELECT 'orders', false FROM generate_series(1, 2000)");
		this.database.execute("WITH dead AS (DELETE FROM queue.delivery RETURNING *) INSERT INTO queue.dead_letter "
				+ "(message_id, subscription_id, reason, attempts, token) SELECT message_id, subscription_id, 'failed', 1, 1 FROM dead");
		List<Long> ids = ids("billing");
		ConcurrentLinkedQueue<Integer> counts = new ConcurrentLinkedQueue<>();
		List<Thread> threads = List.of(new Thread(() -> counts.add(this.admin.redriveAll("orders", "billing"))),
				new Thread(() -> counts.add(this.admin.redrive(ids.subList(0, 1500)))),
				new Thread(() -> counts.add(this.admin.redrive(reversed(ids)))),
				new Thread(() -> counts.add(this.admin.discard(ids.subList(500, 600)))));
		threads.forEach(Thread::start);
		for (Thread thread : threads) {
			thread.join();
		}
		assertThat(counts).hasSize(4);
		assertThat(counts.stream().mapToInt(Integer::intValue).sum()).isEqualTo(2000);
		assertThat(this.queue.count("dead_letter")).isZero();
		assertThat(this.queue.count("delivery")).isBetween(1900L, 2000L);
	}

	@Test
	void changesJoinTheCallersTransactionAndWakeAfterItsCommit() {
		group("billing");
		this.queue.store("1");
		bury(1, 1);
		TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(this.queue.dataSource()));
		transaction.executeWithoutResult((status) -> {
			assertThat(this.admin.redriveAll("orders", "billing")).isOne();
			this.admin.pause("orders", "billing");
			status.setRollbackOnly();
		});
		assertThat(this.queue.count("dead_letter")).isOne();
		assertThat(this.admin.groups().get(0).paused()).isFalse();
		assertThat(this.wakeUps).isEmpty();
		transaction.executeWithoutResult((status) -> {
			assertThat(this.admin.redriveAll("orders", "billing")).isOne();
			assertThat(this.wakeUps).isEmpty();
		});
		assertThat(this.queue.count("dead_letter")).isZero();
		assertThat(this.wakeUps).containsExactly(Set.of(ORDERS));
	}

	@Test
	void whatBlocksAKeyIsNamedWithWhatWaitsBehindIt() {
		group("billing");
		group("audit");
		this.database.execute("""
				INSERT INTO queue.message (channel, key) SELECT 'orders', k
				FROM unnest(ARRAY['free', 'free', 'later', 'later', 'later', 'busy', 'busy', 'dying', NULL]) AS k;
				UPDATE queue.delivery SET state = 'deferred', available_at = '2126-01-01Z'
				WHERE message_id IN (2, 3, 9) AND subscription_id = 1;
				UPDATE queue.delivery SET state = 'leased', leased_until = '2126-01-02Z'
				WHERE message_id = 7 AND subscription_id = 1;
				UPDATE queue.delivery SET state = 'suspect' WHERE message_id = 8 AND subscription_id = 1;
				""");
		OffsetDateTime createdAt = this.queue.jdbc()
			.queryForObject("SELECT min(created_at) FROM queue.message", OffsetDateTime.class);
		List<BlockedKey> blocked = this.admin.blockedKeys("orders", "billing", 10);
		assertThat(blocked).containsExactly(
				new BlockedKey("later", 3, BlockedKey.State.DEFERRED, createdAt,
						OffsetDateTime.parse("2126-01-01T00:00:00Z"), 2),
				new BlockedKey("busy", 7, BlockedKey.State.LEASED, createdAt,
						OffsetDateTime.parse("2126-01-02T00:00:00Z"), 1),
				new BlockedKey("dying", 8, BlockedKey.State.SUSPECT, createdAt, null, 0));
		assertThat(this.admin.blockedKeys("orders", "billing", 1)).containsExactly(blocked.get(0));
		assertThat(this.admin.blockedKeys("orders", "audit", 10)).isEmpty();
	}

	@Test
	void whatCannotBeIsRefusedByName() {
		refused(() -> this.admin.pause("pgnotify.x", "billing"));
		refused(() -> this.admin.deadLetters("", "billing", 1));
		refused(() -> this.admin.blockedKeys("x".repeat(64), "billing", 1));
		assertThatIllegalArgumentException().isThrownBy(() -> this.admin.deadLetters("orders", "billing", 0));
		assertThatIllegalArgumentException().isThrownBy(() -> this.admin.blockedKeys("orders", "billing", -1));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a\0b", "\ud800", "0123456789012345678901234567890123456789012345678901234567890123" })
	void aGroupThatCannotBeIsRefused(String group) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.admin.remove("orders", group));
		assertThatIllegalArgumentException().isThrownBy(() -> this.admin.redriveAll("orders", group));
	}

	@Test
	void anyGroupIsJustAName() {
		String group = "a\"b'; DROP TABLE queue.delivery; --\ud83d\ude00";
		group(group);
		this.queue.store("1");
		bury(1, 1);
		this.admin.pause("orders", group);
		assertThat(this.admin.deadLetters("orders", group, 1)).hasSize(1);
		assertThat(this.admin.redriveAll("orders", group)).isOne();
		assertThat(this.admin.remove("orders", group)).isTrue();
		assertThat(this.queue.count("delivery")).isZero();
	}

	private QueueConsumers start(String group, BlockingQueue<String> handled) {
		QueueConsumers instance = this.queue.instance(new Hearing());
		instance.add(QueueHarness.consumer(group, (messages) -> handled.add(messages.get(0).data())));
		instance.start();
		return instance;
	}

	private void refused(ThrowingCallable call) {
		assertThatExceptionOfType(InvalidChannelNameException.class).isThrownBy(call);
	}

	private List<Long> ids(String group) {
		return this.admin.deadLetters("orders", group, 10_000).stream().map(DeadLetter::id).toList();
	}

	private static List<Long> reversed(List<Long> ids) {
		List<Long> reversed = new ArrayList<>(ids);
		Collections.reverse(reversed);
		return reversed;
	}

	private void group(String name) {
		this.queue.jdbc()
			.update("INSERT INTO queue.subscription (channel, group_name, start_at, state) "
					+ "VALUES ('orders', ?, 'latest', 'active')", name);
	}

	private void bury(long message, int subscription) {
		this.queue.jdbc()
			.update("DELETE FROM queue.delivery WHERE message_id = ? AND subscription_id = ?", message, subscription);
		this.queue.jdbc()
			.update("INSERT INTO queue.dead_letter (message_id, subscription_id, reason, attempts, token, errors) "
					+ "VALUES (?, ?, 'failed', 3, 7, '[{\"attempt\":1,\"at\":\"t\",\"error\":\"e\"}]')", message,
					subscription);
	}

	/** Looks only when it is woken. */
	private static QueueSettings slow(QueueSettings settings) {
		return new QueueSettings(settings.name(), settings.lease(), Duration.ofMinutes(10), settings.prefetchMessages(),
				settings.prefetchBytes(), settings.retryPolicy(), settings.retention(), settings.deadLetterRetention(),
				settings.shutdownGrace());
	}

	/**
	 * As if it heard everything, so that nobody looks without need.
	 */
	private static final class Hearing implements WakeUpSource {

		@Override
		public void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap) {
		}

		@Override
		public boolean isHearing() {
			return true;
		}

	}

}
