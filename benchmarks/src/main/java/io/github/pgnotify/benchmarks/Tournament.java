package io.github.pgnotify.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.stream.Collectors;

import io.github.pgnotify.benchmarks.Contest.Contender;
import io.github.pgnotify.benchmarks.Contest.Effort;

/**
 * Measures contests, each contender in turn, round after round: A B C A B C. The first
 * round is shorter and does not count, except where one trial is long enough.
 */
final class Tournament {

	private static final Pace SMOKE = new Pace(Duration.ofMillis(100));

	private static final Duration WARM_UP = Duration.ofSeconds(2);

	private final Options options;

	private final List<Contest> contests;

	private final Progress progress;

	private final Budget budget;

	private final List<Outcome> outcomes = new ArrayList<>();

	private final List<String> failures = new ArrayList<>();

	private final Map<String, LongSummaryStatistics> descriptions = new LinkedHashMap<>();

	Tournament(Options options, List<Contest> contests) {
		this.options = options;
		this.contests = contests;
		this.budget = new Budget(options.duration(), options::rounds);
		this.progress = new Progress(contests.stream().mapToInt(this::trials).sum());
	}

	List<Outcome> outcomes() {
		return this.outcomes;
	}

	/**
	 * Says how often and how long was measured.
	 */
	String describe() {
		return this.descriptions.entrySet()
			.stream()
			.map((each) -> each.getKey() + " of " + each.getValue().getMin() + " to " + each.getValue().getMax()
					+ " ms")
			.collect(Collectors.joining("; "));
	}

	/**
	 * Returns what went wrong.
	 */
	List<String> failures() {
		return this.failures;
	}

	/**
	 * Runs a contest that does not count, if one of some others is to follow.
	 */
	void warmUp(Contest contest, List<Contest> others) {
		if (this.options.smoke() || this.contests.stream().noneMatch((chosen) -> isIn(chosen, others))) {
			return;
		}
		Pace pace = this.budget.pace(this.contests).times(1 / this.contests.get(0).weight()).atMost(WARM_UP);
		for (Contender contender : contest.contenders()) {
			this.progress.show(contest.name() + ": " + contender.name());
			measure(contest, contender, pace.times(contest.weight()));
		}
	}

	private static boolean isIn(Contest contest, List<Contest> others) {
		return others.stream().anyMatch((other) -> other.name().equals(contest.name()));
	}

	/**
	 * Measures all contests. What does not fit into the time any more, because the
	 * machine is slow or busy, is measured in one round.
	 */
	void run() {
		for (int i = 0; i < this.contests.size(); i++) {
			Contest contest = this.contests.get(i);
			List<Contest> left = this.contests.subList(i, this.contests.size());
			boolean hurry = !this.options.smoke() && this.options.rounds() == 0 && this.budget.isShort(left);
			run(contest, this.options.smoke() ? SMOKE : this.budget.pace(left), hasWarmUp(contest),
					hurry ? 1 : this.options.rounds(contest));
		}
		this.progress.done();
	}

	private void run(Contest contest, Pace pace, boolean warmUp, int rounds) {
		Map<String, Map<Metric, List<Double>>> values = new LinkedHashMap<>();
		this.descriptions
			.computeIfAbsent(
					rounds + ((rounds == 1) ? " round" : " rounds by turns")
							+ (warmUp ? " after one to warm up" : " without one to warm up"),
					(key) -> new LongSummaryStatistics())
			.accept(pace.time().toMillis());
		for (int round = warmUp ? 0 : 1; round <= rounds; round++) {
			for (Contender contender : contest.contenders()) {
				if (contender.slow() && round != 1) {
					continue;
				}
				this.progress.next(contest.name() + ": " + contender.name()
						+ ((round == 0) ? ", warming up" : ", round " + round + " of " + rounds));
				Map<Metric, Double> measured = measure(contest, contender,
						(round == 0) ? pace.times(Budget.WARM_UP) : pace);
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
		long begin = System.nanoTime();
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
		finally {
			this.budget.spent(pace, System.nanoTime() - begin);
		}
	}

	private boolean hasWarmUp(Contest contest) {
		return !this.options.smoke() && contest.effort() != Effort.LONG;
	}

	private int trials(Contest contest) {
		int all = this.options.rounds(contest) + (hasWarmUp(contest) ? 1 : 0);
		return contest.contenders().stream().mapToInt((contender) -> contender.slow() ? 1 : all).sum();
	}

}
