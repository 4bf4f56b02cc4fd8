package io.github.pgnotify.benchmarks;

import java.util.Map;

/**
 * Measures a contender once, and fails if anything got lost.
 */
@FunctionalInterface
public interface Trial {

	/**
	 * Measures.
	 * @param pace how long
	 * @return what was measured
	 */
	Map<Metric, Double> measure(Pace pace) throws Exception;

}
