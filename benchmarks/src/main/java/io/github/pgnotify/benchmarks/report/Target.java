package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Outcome;
import io.github.pgnotify.benchmarks.report.Bound.Exactly;
import io.github.pgnotify.benchmarks.report.Bound.Plus;
import io.github.pgnotify.benchmarks.report.Bound.Reached;
import io.github.pgnotify.benchmarks.report.Bound.Times;

/**
 * What pgnotify is to reach.
 *
 * @param text what
 * @param contest where it is measured
 * @param metric what is compared
 * @param contender which of pgnotify's rows
 * @param bound how good it is to be
 */
record Target(String text, String contest, Metric metric, String contender, Bound bound) {

	static final String PGNOTIFY = "pgnotify";

	private static final String FLOOR = "hand-written, message + delivery";

	private static final String SPRING_INTEGRATION = "Spring Integration";

	private static final String LIVE_LATENCY = "live, latency at 200/s";

	private static final String STOCK = "bare driver";

	private static final String BACKLOG = "growing backlog, 10 claimed at a time";

	private static final List<Target> LIVE = List.of(
			latency("publish to handler at 200/s", LIVE_LATENCY, new Plus(0.15, "raw socket")),
			latency("publish to handler at 200/s", LIVE_LATENCY, new Times(0.25, STOCK)),
			rate("received, one message per transaction", "live, received, one per transaction",
					new Times(0.95, STOCK)),
			rate("received, published in batches", "live, received, batches of 1,000", new Times(0.8, STOCK)),
			rate("sent through the template, one by one", "live, sent, one per transaction", new Times(0.9, STOCK)),
			rate("sent through the template, 1,000 at once", "live, sent, batches of 1,000", new Times(0.9, STOCK)),
			new Target("publishing while 100 methods listen", "live, published to many listeners", Metric.RATE,
					"pgnotify, 100 methods", new Times(0.8, "pgnotify, 1 method")));

	private static final List<Target> DURABLE = List.of(
			rate("16 producers, one message per transaction", "sent and handled, 16 producers", new Times(0.9, FLOOR)),
			rate("drain of a backlog", "drain", new Times(0.8, FLOOR)),
			rate("one message per transaction, 4 handlers", "transactional, 4 handlers",
					new Times(1.3, SPRING_INTEGRATION)),
			rate("enqueue in batches of 1,000", "enqueue 1,000 at once", new Times(0.8, FLOOR)),
			latency("enqueue to handled at 100/s", "latency at 100/s", new Times(1.2, FLOOR)),
			latency("enqueue to handled at 100/s", "latency at 100/s", new Times(0.5, SPRING_INTEGRATION)),
			rate("16 producers, commit flush of 1.4 ms", "slow disk, 16 producers", new Times(0.9, FLOOR)),
			new Target("a snapshot pinned under churn", "snapshot pinned, 16 producers", Metric.LOSS, PGNOTIFY,
					new Exactly(50)),
			backlog("100,000"), backlog("1,000,000"),
			new Target("an idle instance, of four", "idle, 4 instances", Metric.STATEMENTS, PGNOTIFY, new Exactly(1)));

	private static final List<Target> TABLES = List.of(
			new Target("trigger for each row, keys only", "row trigger, 1 writer", Metric.IN_TURNS, PGNOTIFY,
					new Times(0.9, "hand-written pg_notify trigger")),
			new Target("trigger for a statement of 1,000 rows", "statement trigger, 1,000 rows at once",
					Metric.IN_TURNS, PGNOTIFY, new Times(0.9, "no trigger")));

	static final List<Target> ALL = Stream.of(LIVE, DURABLE, TABLES).flatMap(List::stream).toList();

	private static Target rate(String text, String contest, Bound bound) {
		return new Target(text, contest, Metric.RATE, PGNOTIFY, bound);
	}

	private static Target latency(String text, String contest, Bound bound) {
		return new Target(text, contest, Metric.P50, PGNOTIFY, bound);
	}

	/** Claiming takes at most 1.5 times as long. */
	private static Target backlog(String waiting) {
		return new Target("claiming while " + waiting + " wait", BACKLOG, Metric.RATE,
				"pgnotify, " + waiting + " waiting", new Times(1 / 1.5, "pgnotify, 10,000 waiting"));
	}

	/**
	 * Returns what was reached, if it was measured.
	 */
	Optional<Reached> reached(List<Outcome> outcomes) {
		List<Outcome> there = outcomes.stream().filter((outcome) -> outcome.contest().equals(this.contest)).toList();
		return there.stream()
			.filter((outcome) -> outcome.metric().equals(this.metric) && outcome.contender().equals(this.contender))
			.findFirst()
			.flatMap((ours) -> this.bound.reached(ours, there));
	}

	String goal() {
		return this.bound.goal(this.metric);
	}

}
