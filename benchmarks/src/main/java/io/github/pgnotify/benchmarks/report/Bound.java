package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Optional;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Outcome;

/**
 * How good pgnotify is to be.
 */
sealed interface Bound {

	/**
	 * Says it.
	 */
	String goal(Metric metric);

	/**
	 * Returns how good it is.
	 * @param ours what it achieved
	 * @param contest what everybody achieved there
	 */
	Optional<Reached> reached(Outcome ours, List<Outcome> contest);

	private static Optional<Outcome> find(String contender, Metric metric, List<Outcome> contest) {
		return contest.stream()
			.filter((outcome) -> outcome.metric().equals(metric) && outcome.contender().equals(contender))
			.findFirst();
	}

	private static boolean isMet(Metric metric, double value, double bound) {
		return metric.higherIsBetter() ? value >= bound : value <= bound;
	}

	private static String comparison(Metric metric) {
		return metric.higherIsBetter() ? "≥ " : "≤ ";
	}

	/**
	 * Compared with somebody who is measured beside it: at least that, or at most if less
	 * is better.
	 *
	 * @param factor the ratio
	 * @param reference who
	 */
	record Times(double factor, String reference) implements Bound {

		@Override
		public String goal(Metric metric) {
			return comparison(metric) + Numbers.ratio(this.factor) + " × " + this.reference;
		}

		@Override
		public Optional<Reached> reached(Outcome ours, List<Outcome> contest) {
			return find(this.reference, ours.metric(), contest).map((theirs) -> {
				double ratio = ours.ratioTo(theirs.values());
				return new Reached(ratio, "× " + Numbers.ratio(ratio), isMet(ours.metric(), ratio, this.factor));
			});
		}

	}

	/**
	 * No more than somebody else needs and some milliseconds.
	 *
	 * @param more how many
	 * @param reference who
	 */
	record Plus(double more, String reference) implements Bound {

		@Override
		public String goal(Metric metric) {
			return comparison(metric) + this.reference + " + " + Numbers.ratio(this.more) + " " + metric.unit();
		}

		@Override
		public Optional<Reached> reached(Outcome ours, List<Outcome> contest) {
			return find(this.reference, ours.metric(), contest).map((theirs) -> {
				double more = ours.differenceTo(theirs.values());
				return new Reached(ours.ratioTo(theirs.values()),
						((more < 0) ? "- " : "+ ") + Numbers.text(Math.abs(more)) + " " + ours.metric().unit(),
						isMet(ours.metric(), more, this.more));
			});
		}

	}

	/**
	 * A figure.
	 *
	 * @param value the figure
	 */
	record Exactly(double value) implements Bound {

		@Override
		public String goal(Metric metric) {
			return comparison(metric) + Numbers.text(this.value) + " " + metric.unit();
		}

		@Override
		public Optional<Reached> reached(Outcome ours, List<Outcome> contest) {
			return Optional
				.of(new Reached(ours.median() / this.value, Numbers.text(ours.median()) + " " + ours.metric().unit(),
						isMet(ours.metric(), ours.median(), this.value)));
		}

	}

	/**
	 * What was reached.
	 *
	 * @param ratio compared with the reference or the figure
	 * @param text in the terms of the goal
	 * @param met whether that is enough
	 */
	record Reached(double ratio, String text, boolean met) {

	}

}
