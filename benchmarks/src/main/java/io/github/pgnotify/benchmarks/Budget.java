package io.github.pgnotify.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.function.ToIntFunction;

import io.github.pgnotify.benchmarks.Contest.Effort;

/**
 * Divides the time among what is still to be measured. What trials take beside measuring
 * is learnt from those that are done.
 */
final class Budget {

	/** So much shorter is a trial that does not count. */
	static final double WARM_UP = 0.5;

	private static final double LONGEST_SECONDS = 10;

	private static final double SHORTEST_SECONDS = 0.3;

	/** As if so many trials had been seen, each of which took so much longer. */
	private static final int ASSUMED_TRIALS = 20;

	private static final double ASSUMED_SECONDS = 0.7;

	private final long endAt;

	private final ToIntFunction<Contest> rounds;

	private int trials = ASSUMED_TRIALS;

	private double overheadSeconds = ASSUMED_TRIALS * ASSUMED_SECONDS;

	/**
	 * Begins now.
	 * @param duration how long all of it may take
	 * @param rounds in how many rounds a contest is measured
	 */
	Budget(Duration duration, ToIntFunction<Contest> rounds) {
		this.endAt = System.nanoTime() + duration.toNanos();
		this.rounds = rounds;
	}

	/**
	 * Learns.
	 * @param wanted how long a trial was to take
	 * @param nanos how long it took
	 */
	void spent(Pace wanted, long nanos) {
		this.trials++;
		this.overheadSeconds += Math.max(0, (nanos - wanted.time().toNanos()) / 1e9);
	}

	/**
	 * Returns how long a trial of the first contest may take.
	 * @param left that contest, and all that are to follow
	 */
	Pace pace(List<Contest> left) {
		Contest next = left.get(0);
		double each = Math.max(SHORTEST_SECONDS, secondsEach(left));
		if (next.effort() != Effort.LONG) {
			each = Math.min(LONGEST_SECONDS, each);
		}
		return new Pace(Duration.ofMillis((long) (1000 * each))).times(next.weight());
	}

	/**
	 * Whether the time is too short for all that is left, however short trials are.
	 */
	boolean isShort(List<Contest> left) {
		return secondsEach(left) < SHORTEST_SECONDS;
	}

	private double secondsEach(List<Contest> left) {
		double seconds = (this.endAt - System.nanoTime()) / 1e9;
		double weights = 0;
		for (Contest contest : left) {
			seconds -= trials(contest) * this.overheadSeconds / this.trials;
			weights += weights(contest);
		}
		return seconds / Math.max(0.1, weights);
	}

	private double trials(Contest contest) {
		int all = this.rounds.applyAsInt(contest) + ((contest.effort() != Effort.LONG) ? 1 : 0);
		return contest.contenders().stream().mapToInt((contender) -> contender.slow() ? 1 : all).sum();
	}

	private double weights(Contest contest) {
		double all = this.rounds.applyAsInt(contest) + ((contest.effort() != Effort.LONG) ? WARM_UP : 0);
		return contest.weight()
				* contest.contenders().stream().mapToDouble((contender) -> contender.slow() ? 1 : all).sum();
	}

}
