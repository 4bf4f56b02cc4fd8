package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import io.github.pgnotify.queue.Settlement.Outcome;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That a backlog costs nothing: every statement finds what it wants by an index, also by
 * a plan that was made when there was nothing.
 */
class QueuePlanIntegrationTests {

	private static final int ENOUGH_FOR_A_GENERIC_PLAN = 7;

	private static final Pattern SCAN = Pattern.compile("(Scan) using (\\w+) on (delivery|message)\\b");

	private static final Map<String, String> FIRST_COLUMNS = Map.of("delivery_pkey", "message_id", "delivery_unready",
			"owner", "delivery_ready", "subscription_id", "delivery_key", "subscription_id", "delivery_key_leased",
			"subscription_id", "message_pkey", "id");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final SoftAssertions softly = new SoftAssertions();

	private DataSource dataSource;

	private int subscription;

	@BeforeEach
	void prepare() throws SQLException {
		this.dataSource = this.database.dataSource();
		new QueueSchema(this.dataSource, "queue").migrate();
		this.subscription = HandWorker.subscribe(this.dataSource, "billing");
	}

	@Test
	void everyStatementUsesAnIndexWhenTheTableIsEmptyAndWhenItIsFull() throws SQLException {
		ExplainedConnection early = new ExplainedConnection(this.dataSource);
		try (HandWorker worker = new HandWorker(early::open, this.subscription)) {
			Map<String, List<String>> whenEmpty = plans(early, worker);
			check(whenEmpty, "planned when empty");
			fill(20_000);
			check(plans(early, worker), "planned when empty, used when full");
			this.database.execute("ANALYZE");
			check(plans(early, worker), "planned again");
			ExplainedConnection late = new ExplainedConnection(this.dataSource);
			try (HandWorker other = new HandWorker(late::open, this.subscription)) {
				check(plans(late, other), "planned when full");
			}
			this.softly.assertAll();
			Figures.print("statements whose plans were checked", whenEmpty.size());
		}
	}

	@Test
	void claimingTakesAsLongWhateverTheBacklog() throws SQLException {
		List<Double> medians = new ArrayList<>();
		List<Double> keyed = new ArrayList<>();
		int backlog = 0;
		for (int size : (Figures.count(0, 1) == 1) ? new int[] { 10_000, 100_000, 1_000_000 }
				: new int[] { 10_000, 100_000 }) {
			fill(size - backlog);
			this.database.execute("VACUUM ANALYZE");
			backlog = size;
			try (HandWorker worker = new HandWorker(this.dataSource, this.subscription)) {
				medians.add(median(worker, () -> worker.claimReady(100)));
				keyed.add(median(worker, () -> worker.claimKeyed(100)));
			}
			Figures.print("claim of 100 with a backlog of " + size,
					"%.2f ms, %.2f of the first; keyed %.2f ms, %.2f".formatted(medians.get(medians.size() - 1),
							medians.get(medians.size() - 1) / medians.get(0), keyed.get(keyed.size() - 1),
							keyed.get(keyed.size() - 1) / keyed.get(0)));
		}
		assertThat(medians).allMatch((millis) -> millis > 0);
	}

	private static double median(HandWorker worker, Claiming claiming) throws SQLException {
		List<Long> nanos = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			long begun = System.nanoTime();
			List<LeasedDelivery> claimed = claiming.claim();
			nanos.add(System.nanoTime() - begun);
			assertThat(claimed).hasSize(100);
			worker.settleAll(claimed, Outcome.RELEASED);
		}
		return nanos.stream().sorted().skip(30).findFirst().orElseThrow() / 1e6;
	}

	/**
	 * Mostly ready, a tenth each of what has a key, what is deferred, what is leased, and
	 * some suspects.
	 */
	private void fill(int count) {
		this.database.execute("INSERT INTO queue.message (channel, data, announce, key, available_at) "
				+ "SELECT 'orders', '{\"n\":1}', false, CASE WHEN n % 10 = 1 THEN 'k' || n % 5000 END, "
				+ "CASE WHEN n % 10 = 2 THEN now() + interval '1 h' END FROM generate_series(1, " + count + ") AS n");
		this.database.execute("UPDATE queue.delivery SET state = 'leased', token = 1, owner = 0, "
				+ "leased_until = now() + interval '1 h' WHERE state = 'ready' AND key IS NULL AND message_id % 10 = 3");
		this.database.execute("UPDATE queue.delivery SET state = 'suspect', token = 1 "
				+ "WHERE state = 'ready' AND key IS NULL AND message_id % 1000 = 4");
	}

	/**
	 * Does everything that is ever done.
	 */
	private static Map<String, List<String>> plans(ExplainedConnection explained, HandWorker worker)
			throws SQLException {
		Map<String, Step> steps = new LinkedHashMap<>();
		List<LeasedDelivery> held = new ArrayList<>();
		steps.put("claim ready", () -> held.addAll(worker.claimReady(100)));
		steps.put("claim keyed", () -> held.addAll(worker.claimKeyed(100)));
		steps.put("claim suspect", () -> held.addAll(worker.claimSuspect()));
		steps.put("promote", worker::promote);
		steps.put("renew", () -> worker.renewAll(held.isEmpty() ? List.of(worker.invented()) : held));
		steps.put("extend", () -> worker.extend(held.isEmpty() ? worker.invented() : held.get(0)));
		for (Outcome outcome : List.of(Outcome.RELEASED, Outcome.RETRY, Outcome.DEAD, Outcome.DONE)) {
			steps.put("settle " + outcome,
					() -> worker.settleAll(held.isEmpty() ? List.of(worker.invented()) : held, outcome));
		}
		steps.put("failing", worker::reclaim);
		steps.put("reclaim of dead", () -> worker.reclaimOfDead(0));
		steps.put("reclaim expired", () -> worker.reclaimExpired(0));
		steps.put("forget instances", worker::forgetInstances);
		steps.put("discard", () -> worker.discard(List.of(-1L, -2L)));
		Map<String, List<String>> plans = new LinkedHashMap<>();
		for (Map.Entry<String, Step> step : steps.entrySet()) {
			for (int i = 0; i < ENOUGH_FOR_A_GENERIC_PLAN; i++) {
				explained.takePlans();
				step.getValue().run();
			}
			plans.put(step.getKey(), explained.takePlans());
		}
		return plans;
	}

	private void check(Map<String, List<String>> plans, String when) {
		plans.forEach((step, texts) -> {
			assertThat(texts).as("plans of %s", step).isNotEmpty();
			texts.forEach((plan) -> check(plan, step + ", " + when));
		});
	}

	private void check(String plan, String what) {
		List<String> lines = plan.lines().toList();
		String text = what + ":\n" + plan;
		this.softly.assertThat(plan).as(text).doesNotContain("Seq Scan on delivery", "Seq Scan on message", "Bitmap");
		for (int i = 0; i < lines.size(); i++) {
			Matcher scan = SCAN.matcher(lines.get(i));
			if (scan.find() && !lines.get(i).contains("Update on") && !lines.get(i).contains("Delete on")) {
				this.softly.assertThat(following(lines, i))
					.as("%s: condition of '%s'", text, lines.get(i).strip())
					.containsPattern("Index Cond: .*" + FIRST_COLUMNS.get(scan.group(2)) + " (= |IS NULL)");
				this.softly.assertThat((i > 1) ? lines.get(i - 2) : "")
					.as("%s: sorts what it scans", text)
					.doesNotContain("Sort  (");
			}
		}
	}

	/** What belongs to a node, up to the next one. */
	private static String following(List<String> lines, int node) {
		StringBuilder following = new StringBuilder();
		for (int i = node + 1; i < lines.size() && !lines.get(i).contains("->"); i++) {
			following.append(lines.get(i)).append('\n');
		}
		return following.toString();
	}

	@FunctionalInterface
	private interface Step {

		void run() throws SQLException;

	}

	@FunctionalInterface
	private interface Claiming {

		List<LeasedDelivery> claim() throws SQLException;

	}

}
