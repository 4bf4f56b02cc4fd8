package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ChildJvm;
import io.github.pgnotify.testsupport.fault.Seed;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of stored messages when the processes that handle them die, are killed by
 * what they handle, or stand still. Bounds are generous; what was measured is printed.
 */
class QueueCrashIntegrationTests {

	private static final Duration LEASE = Duration.ofSeconds(30);

	private static final String NOT_BEGUN_AGAIN = """
			in_flight JOIN kill USING (worker) WHERE NOT EXISTS (
				SELECT FROM handled
				WHERE handled.message_id = in_flight.message_id AND handled.worker <> in_flight.worker
					AND event = 'started' AND handled.at > kill.at)""";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private JdbcTemplate jdbc;

	@BeforeEach
	void prepare() {
		this.jdbc = this.database.jdbc();
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		HandlerLog.create(this.jdbc);
		this.jdbc.execute("""
				CREATE TABLE kill (worker text PRIMARY KEY, at timestamptz NOT NULL);
				CREATE TABLE in_flight (worker text, message_id bigint, started boolean)""");
	}

	@Test
	void whatKilledProcessesWereAtIsHandledByOthersWithinSecondsAndNothingElseAgain() throws Exception {
		int kills = Figures.count(20, 500);
		Random random = Seed.random("kills");
		List<ChildJvm> workers = new ArrayList<>();
		List<String> names = new ArrayList<>();
		try (ProducerLog producers = new ProducerLog(this.database.dataSource(), 2, Duration.ofMillis(5))) {
			for (int i = 0; i < 2; i++) {
				names.add("worker-" + i);
				workers.add(QueueWorker.on(this.database, names.get(i), LEASE, "orders").start());
			}
			workers.forEach((worker) -> worker.awaitLine("ready"));
			producers.start();
			for (int i = 0; i < kills; i++) {
				int victim = random.nextInt(2);
				awaitFirstMessage(names.get(victim));
				LockSupport.parkNanos(Duration.ofMillis(random.nextInt(500)).toNanos());
				kill(workers.get(victim), names.get(victim));
				names.set(victim, "worker-" + (i + 2));
				workers.set(victim, QueueWorker.on(this.database, names.get(victim), LEASE, "orders").start());
				workers.get(victim).awaitLine("ready");
				if (i % 2 == 1) {
					// Every other time the next one dies in the middle of this
					patiently().until(() -> count(NOT_BEGUN_AGAIN) == 0);
				}
			}
			producers.stop();
			patiently().untilAsserted(() -> assertThat(count("queue.delivery")).isZero());
			QueueAudit audit = QueueAudit.of(producers, HandlerLog.returned(this.jdbc), this.jdbc);
			Figures.print(kills + " kills", audit);
			assertThat(audit.isSettled()).as("%s", audit).isTrue();
			assertThat(audit.dead()).isEmpty();
		}
		finally {
			workers.forEach(ChildJvm::close);
		}
		checkDuplicates();
		checkRedelivery();
	}

	@Test
	void aMessageThatKillsItsProcessIsADeadLetterAndItsNeighboursAreHandled() throws Exception {
		ProducerLog producers = new ProducerLog(this.database.dataSource(), 0, Duration.ZERO);
		// The group is there before them, so that all are claimed at once
		try (ChildJvm first = worker("worker-0", "orders", "payments").start()) {
			first.awaitLine("ready");
			first.awaitLine("GroupStarted.*");
			first.awaitLine("GroupStarted.*");
			first.writeLine("stop");
			first.awaitExit();
		}
		for (int number = 1; number <= 10; number++) {
			producers.store(number, "orders");
			producers.store(100 + number, "payments");
		}
		producers.store(QueueWorker.POISON, "orders");
		for (int number = 11; number <= 20; number++) {
			producers.store(number, "orders");
			producers.store(100 + number, "payments");
		}
		int deaths = superviseUntilDone();
		QueueAudit audit = QueueAudit.of(producers, HandlerLog.returned(this.jdbc), this.jdbc);
		Figures.print("deaths by one message of 3 attempts", deaths + ", " + audit);
		assertThat(audit.isSettled()).as("%s", audit).isTrue();
		assertThat(audit.dead()).containsExactly(QueueWorker.POISON);
		assertThat(audit.handled()).isEqualTo(40);
		assertThat(this.database.queryForString("SELECT reason FROM queue.dead_letter")).isEqualTo("failed");
		// One is not counted: others might have been to blame
		assertThat(deaths).isBetween(3, 4);
	}

	@Test
	void whatAStoppedProcessWasAtIsTakenFromItForGood() throws Exception {
		int rounds = Figures.count(3, 100);
		Figures figures = new Figures("stopped for longer than its lease -> handled elsewhere");
		for (int round = 0; round < rounds; round++) {
			try (ChildJvm frozen = slow("frozen-" + round).start()) {
				freezeAndThaw(round, frozen, figures);
			}
		}
		figures.print();
	}

	private void freezeAndThaw(int round, ChildJvm frozen, Figures figures) throws Exception {
		this.jdbc.execute("TRUNCATE handled");
		long held = QueueWorker.HELD + 10L * round;
		ProducerLog producers = new ProducerLog(this.database.dataSource(), 0, Duration.ZERO);
		for (int i = 0; i < 5; i++) {
			producers.store(held + i, "orders");
		}
		awaitLog("frozen-" + round + " started " + held);
		patiently().until(() -> count("queue.delivery WHERE state = 'leased'") == 5);
		try (ChildJvm other = slow("other-" + round).start()) {
			other.awaitLine("ready");
			long begin = System.nanoTime();
			frozen.freeze();
			awaitLog("other-" + round + " returned " + held);
			figures.add(Duration.ofNanos(System.nanoTime() - begin));
			patiently().until(() -> count("queue.delivery") == 0);
			frozen.thaw();
			frozen.writeLine("go");
			for (int i = 0; i < 5; i++) {
				frozen.awaitLine("LeaseLost.*");
			}
			frozen.writeLine("stop");
			frozen.awaitExit();
			other.writeLine("stop");
			other.awaitExit();
		}
		List<String> expected = new ArrayList<>(
				List.of("frozen-" + round + " started " + held, "frozen-" + round + " returned " + held));
		for (int i = 0; i < 5; i++) {
			expected.add("other-" + round + " started " + (held + i));
			expected.add("other-" + round + " returned " + (held + i));
		}
		assertThat(HandlerLog.lines(this.jdbc)).containsExactlyInAnyOrderElementsOf(expected);
		List<String> lost = frozen.lines().stream().filter((line) -> line.startsWith("LeaseLost")).toList();
		assertThat(lost).hasSize(5).doesNotHaveDuplicates();
	}

	private ChildJvm.Builder slow(String name) {
		return QueueWorker.on(this.database, name, Duration.ofMillis(1500), "orders")
			.systemProperty("concurrency", "1");
	}

	private ChildJvm.Builder worker(String name, String... channels) {
		return QueueWorker.on(this.database, name, LEASE, channels).systemProperty("workMicros", "30000");
	}

	private int superviseUntilDone() {
		for (int deaths = 0; deaths < 20; deaths++) {
			try (ChildJvm worker = worker("worker-" + (deaths + 1), "orders", "payments").start()) {
				patiently().until(() -> !worker.isAlive() || count("queue.delivery") == 0);
				if (worker.isAlive()) {
					worker.writeLine("stop");
					assertThat(worker.awaitExit()).isZero();
					return deaths;
				}
				assertThat(worker.awaitExit()).isEqualTo(99);
			}
		}
		throw new AssertionError("Processes die and die: " + HandlerLog.lines(this.jdbc));
	}

	private void awaitFirstMessage(String name) {
		patiently().pollInterval(Duration.ofMillis(20))
			.until(() -> count("(SELECT FROM handled WHERE worker = '" + name + "' LIMIT 1) AS first") > 0);
	}

	/**
	 * Kills a worker, and notes what it was at when the server had done what it was asked
	 * for last.
	 */
	private void kill(ChildJvm worker, String name) {
		this.jdbc.update("INSERT INTO kill VALUES (?, clock_timestamp())", name);
		worker.kill();
		worker.awaitExit();
		patiently().pollInterval(Duration.ofMillis(2))
			.until(() -> count("pg_stat_activity WHERE application_name LIKE '" + name + "%'") == 0);
		this.jdbc.update("""
				INSERT INTO in_flight
				SELECT ?, message_id, bool_or(started) FROM (
					SELECT delivery.message_id, false AS started FROM queue.delivery
						JOIN queue.instance ON instance.id = owner
						WHERE name = ? AND state = 'leased'
					UNION ALL
					SELECT message_id, true FROM queue.delivery JOIN handled USING (message_id) WHERE worker = ?
				) AS found GROUP BY message_id""", name, name, name);
		worker.close();
	}

	private void checkDuplicates() {
		long again = this.jdbc.queryForObject(
				"SELECT count(*) - count(DISTINCT message_id) FROM handled WHERE event = 'started'", Long.class);
		long inFlight = count("in_flight WHERE started");
		Figures.print("begun again", again + " of " + inFlight + " that were begun and not acknowledged");
		assertThat(again).isLessThanOrEqualTo(inFlight);
		List<String> unexplained = this.jdbc.queryForList("""
				SELECT worker || ' ' || number FROM handled AS first WHERE event = 'started'
					AND worker NOT IN (SELECT worker FROM kill)
					AND EXISTS (SELECT FROM handled AS later
						WHERE later.message_id = first.message_id AND event = 'started' AND later.seq > first.seq)""",
				String.class);
		assertThat(unexplained).as("begun again though its process lived").isEmpty();
		assertThat(this.jdbc.queryForList("""
				SELECT message_id FROM handled WHERE event = 'started'
				GROUP BY message_id HAVING count(*) <> count(DISTINCT token)""", Long.class))
			.as("two attempts with one token")
			.isEmpty();
	}

	private void checkRedelivery() {
		Figures all = new Figures("killed -> what it was at begun again");
		Figures alone = new Figures("the same where no other process was killed meanwhile");
		List<Map<String, Object>> rows = this.jdbc.queryForList("""
				SELECT extract(epoch FROM again.at - kill.at)::float8 AS seconds,
					EXISTS (SELECT FROM kill AS other WHERE other.at > kill.at AND other.at < again.at) AS others
				FROM in_flight JOIN kill USING (worker) LEFT JOIN LATERAL (
					SELECT min(at) AS at FROM handled
					WHERE handled.message_id = in_flight.message_id AND handled.worker <> in_flight.worker
						AND event = 'started' AND handled.at > kill.at) AS again
					ON true""");
		assertThat(rows).isNotEmpty().noneMatch((row) -> row.get("seconds") == null);
		for (Map<String, Object> row : rows) {
			Duration took = Duration.ofNanos((long) ((double) row.get("seconds") * 1e9));
			all.add(took);
			if (!((boolean) row.get("others"))) {
				alone.add(took);
			}
			assertThat(took).isLessThan(Duration.ofSeconds(15));
		}
		all.print();
		if (alone.count() > 0) {
			alone.print();
		}
	}

	private void awaitLog(String line) {
		patiently().until(() -> Set.copyOf(HandlerLog.lines(this.jdbc)).contains(line));
	}

	private long count(String from) {
		return this.jdbc.queryForObject("SELECT count(*) FROM " + from, Long.class);
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(120));
	}

}
