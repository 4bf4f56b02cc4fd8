package io.github.pgnotify.benchmarks;

import java.util.List;

/**
 * Several ways to do the same, measured in turns.
 *
 * @param name what is done, unique
 * @param smoke whether it is one of those that show that everything runs
 * @param weight how long a trial takes compared with that of others
 * @param reference name of the contender the others are compared with
 * @param contenders who takes part, by turns
 */
public record Contest(String name, boolean smoke, double weight, String reference, List<Contender> contenders) {

	public Contest {
		contenders = List.copyOf(contenders);
	}

	/**
	 * One who takes part.
	 *
	 * @param name who
	 * @param trial measures it
	 */
	public record Contender(String name, Trial trial) {

	}

}
