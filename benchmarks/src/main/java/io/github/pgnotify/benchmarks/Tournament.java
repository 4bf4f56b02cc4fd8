package io.github.pgnotify.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.benchmarks.Contest.Contender;

/**
 * Measures contests, each contender in turn, round after round: A B C A B C. The first
 * round is shorter and does not count.
 */
final class Tournament {

	/** What a trial takes beside measuring, about. */
	private static final double OVERHEAD_SECONDS = 1.2;

	private static final double WARM_UP = 0.5;

	private final Options options;

	private final List<Contest> contests;

	private final Progress progress;

	private final List<Outcome> outcomes = new ArrayList<>();

	private final List<String> failures = new ArrayList<>();

	private final Pace pace;

	Tournament(Options options, List<Contest> contests) {
		this.options = options;
		this.contests = contests;
		this.pace = pace();
		this.progress = new Progress(contests.stream().mapToInt((contest) -> contest.contenders().size()).sum()
				* (options.rounds() + (options.smoke() ? 0 : 1)));
	}

	Pace pacePerTrial() {
		return this.pace;
	}

	List<Outcome> outcomes() {
		return this.outcomes;
	}

	/**
	 * Returns what went wrong.
	 */
	List<String> failures() {
		return this.failures;
	}

	/**
	 * Runs a contest that does not count.
	 */
	void warmUp(Contest contest) {
		if (!this.options.smoke()) {
			for (Contender contender : contest.contenders()) {
				this.progress.show(contest.name() + ": " + contender.name());
				measure(contest, contender, this.pace.times(contest.weight()));
			}
		}
	}

	/**
	 * Measures all contests.
	 */
	void run() {
		for (Contest contest : this.contests) {
			run(contest);
		}
		this.progress.done();
	}

	private void run(Contest contest) {
		Map<String, Map<Metric, List<Double>>> values = new LinkedHashMap<>();
		Pace full = this.pace.times(contest.weight());
		for (int round = this.options.smoke() ? 1 : 0; round <= this.options.rounds(); round++) {
			for (Contender contender : contest.contenders()) {
				this.progress.next(contest.name() + ": " + contender.name()
						+ ((round == 0) ? ", warming up" : ", round " + round + " of " + this.options.rounds()));
				Map<Metric, Double> measured = measure(contest, contender, (round == 0) ? full.times(WARM_UP) : full);
				if (round > 0) {
					measured.forEach(
							(metric, value) -> values.computeIfAbsent(contender.name(), (key) -> new LinkedHashMap<>())
								.computeIfAbsent(metric, (key) -> new ArrayList<>())
								.add(value));
				}
			}
		}
		for (Map.Entry<String, Map<Metric, List<Double>>> contender : values.entrySet()) {
			contender.getValue()
				.forEach((metric, measured) -> this.outcomes.add(new Outcome(contest.name(), contender.getKey(), metric,
						measured, values.getOrDefault(contest.reference(), Map.of()).getOrDefault(metric, List.of()))));
		}
	}

	private Map<Metric, Double> measure(Contest contest, Contender contender, Pace pace) {
		try {
			return contender.trial().measure(pace);
		}
		catch (Exception | LinkageError ex) {
			this.progress.interrupt();
			String failure = contest.name() + ": " + contender.name() + " failed: " + ex;
			System.err.println(failure);
			ex.printStackTrace();
			this.failures.add(failure);
			return Map.of();
		}
	}

	private Pace pace() {
		if (this.options.smoke()) {
			return new Pace(Duration.ofMillis(100));
		}
		double trials = 0;
		double weights = 0;
		for (Contest contest : this.contests) {
			trials += contest.contenders().size() * (this.options.rounds() + 1);
			weights += contest.contenders().size() * (this.options.rounds() + WARM_UP) * contest.weight();
		}
		double seconds = (this.options.duration().toSeconds() - trials * OVERHEAD_SECONDS) / Math.max(1, weights);
		return new Pace(Duration.ofMillis((long) (1000 * Math.min(10, Math.max(0.3, seconds)))));
	}

}
