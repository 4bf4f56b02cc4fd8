package io.github.pgnotify.benchmarks;

import java.util.List;

/**
 * Several ways to do the same, measured in turns.
 *
 * @param name what is done, unique
 * @param smoke whether it is one of those that show that everything runs
 * @param effort how often it is measured
 * @param weight how long a trial takes compared with that of others
 * @param reference name of the contender the others are compared with
 * @param contenders who takes part, by turns
 */
public record Contest(String name, boolean smoke, Effort effort, double weight, String reference,
		List<Contender> contenders) {

	public Contest {
		contenders = List.copyOf(contenders);
	}

	/**
	 * Creates a contest that is measured in several rounds.
	 * @param name what is done, unique
	 * @param smoke whether it is one of those that show that everything runs
	 * @param weight how long a trial takes compared with that of others
	 * @param reference name of the contender the others are compared with
	 * @param contenders who takes part, by turns
	 */
	public Contest(String name, boolean smoke, double weight, String reference, List<Contender> contenders) {
		this(name, smoke, Effort.ROUNDS, weight, reference, contenders);
	}

	Contest withContenders(List<Contender> others) {
		return new Contest(this.name, this.smoke, this.effort, this.weight, this.reference, others);
	}

	/**
	 * How often a contest is measured.
	 */
	public enum Effort {

		/** After a shorter round that does not count, in several rounds by turns. */
		ROUNDS,

		/**
		 * After a shorter round that does not count, in one; in several if one asks for
		 * rounds or for the contest.
		 */
		ONCE,

		/** For a long time, and therefore once. */
		LONG

	}

	/**
	 * One who takes part.
	 *
	 * @param name who
	 * @param slow whether one trial takes so much longer than it should that there is
	 * only one
	 * @param trial measures it
	 */
	public record Contender(String name, boolean slow, Trial trial) {

		/**
		 * Creates a contender.
		 * @param name who
		 * @param trial measures it
		 */
		public Contender(String name, Trial trial) {
			this(name, false, trial);
		}

	}

}
