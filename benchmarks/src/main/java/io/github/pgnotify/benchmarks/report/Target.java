package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Optional;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Outcome;

/**
 * What pgnotify is to reach, as a ratio to somebody who is measured beside it.
 *
 * @param text what
 * @param contest where it is measured
 * @param metric what is compared
 * @param reference with whom
 * @param bound the ratio: at least that, or at most if less is better
 */
record Target(String text, String contest, Metric metric, String reference, double bound) {

	private static final String FLOOR = "hand-written, message + delivery";

	private static final String SPRING_INTEGRATION = "Spring Integration";

	static final String PGNOTIFY = "pgnotify";

	static final List<Target> ALL = List.of(new Target("16 producers, one message per transaction",
			"sent and handled, 16 producers", Metric.RATE, FLOOR, 0.9),
			new Target("drain of a backlog", "drain", Metric.RATE, FLOOR, 0.8),
			new Target("one message per transaction, 4 handlers", "transactional, 4 handlers", Metric.RATE,
					SPRING_INTEGRATION, 1.3),
			new Target("enqueue in batches of 1,000", "enqueue 1,000 at once", Metric.RATE, FLOOR, 0.8),
			new Target("enqueue to handled at 100/s", "latency at 100/s", Metric.P50, FLOOR, 1.2),
			new Target("enqueue to handled at 100/s", "latency at 100/s", Metric.P50, SPRING_INTEGRATION, 0.5),
			new Target("16 producers, commit flush of 1.4 ms", "slow disk, 16 producers", Metric.RATE, FLOOR, 0.9),
			new Target("trigger for each row, keys only", "row trigger, 1 writer", Metric.IN_TURNS,
					"hand-written pg_notify trigger", 0.9),
			new Target("trigger for a statement of 1,000 rows", "statement trigger, 1,000 rows at once",
					Metric.IN_TURNS, "no trigger", 0.9));

	/**
	 * Returns the ratio that was reached, if it was measured.
	 */
	Optional<Double> reached(List<Outcome> outcomes) {
		Optional<Outcome> ours = find(outcomes, PGNOTIFY);
		Optional<Outcome> theirs = find(outcomes, this.reference);
		return ours.flatMap((outcome) -> theirs.map((other) -> outcome.ratioTo(other.values())));
	}

	boolean isMet(double ratio) {
		return this.metric.higherIsBetter() ? ratio >= this.bound : ratio <= this.bound;
	}

	String goal() {
		return (this.metric.higherIsBetter() ? "≥ " : "≤ ") + Numbers.ratio(this.bound) + " × " + this.reference;
	}

	private Optional<Outcome> find(List<Outcome> outcomes, String contender) {
		return outcomes.stream()
			.filter((outcome) -> outcome.contest().equals(this.contest) && outcome.metric().equals(this.metric)
					&& outcome.contender().equals(contender))
			.findFirst();
	}

}
