package io.github.pgnotify.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/**
 * What one contender achieved in one contest.
 *
 * @param contest name of the contest
 * @param contender name of the contender
 * @param metric what was measured
 * @param values one for each round
 * @param reference those of the contender to compare with, measured in the same rounds
 */
public record Outcome(String contest, String contender, Metric metric, List<Double> values, List<Double> reference) {

	/**
	 * Returns the median of the rounds.
	 */
	public double median() {
		return median(this.values);
	}

	/**
	 * Returns the lowest of the rounds.
	 */
	public double min() {
		return Collections.min(this.values);
	}

	/**
	 * Returns the highest of the rounds.
	 */
	public double max() {
		return Collections.max(this.values);
	}

	/**
	 * Returns the median of the rounds' ratios to the reference: who is measured one
	 * after the other finds the same machine.
	 */
	public double ratio() {
		return ratioTo(this.reference);
	}

	/**
	 * Returns the median of the rounds' ratios to another contender.
	 */
	public double ratioTo(List<Double> others) {
		return median(others, (ours, theirs) -> ours / theirs);
	}

	/**
	 * Returns the median of the rounds' differences to another contender.
	 */
	public double differenceTo(List<Double> others) {
		return median(others, (ours, theirs) -> ours - theirs);
	}

	private double median(List<Double> others, DoubleBinaryOperator comparison) {
		List<Double> compared = new ArrayList<>();
		for (int i = 0; i < Math.min(this.values.size(), others.size()); i++) {
			compared.add(comparison.applyAsDouble(this.values.get(i), others.get(i)));
		}
		return compared.isEmpty() ? Double.NaN : median(compared);
	}

	private static double median(List<Double> values) {
		List<Double> sorted = values.stream().sorted().toList();
		int middle = sorted.size() / 2;
		return (sorted.size() % 2 == 1) ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
	}

}
