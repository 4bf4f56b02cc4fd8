package io.github.pgnotify.benchmarks;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What part of the messages takes how long.
 */
public final class Percentiles {

	private Percentiles() {
	}

	/**
	 * Returns median, 99th and 99.9th percentile.
	 * @param nanos how long each message took
	 */
	public static Map<Metric, Double> of(long[] nanos) {
		long[] sorted = nanos.clone();
		Arrays.sort(sorted);
		Map<Metric, Double> values = new LinkedHashMap<>();
		values.put(Metric.P50, at(sorted, 0.5));
		values.put(Metric.P99, at(sorted, 0.99));
		values.put(Metric.P999, at(sorted, 0.999));
		return values;
	}

	private static double at(long[] sorted, double part) {
		return sorted[(int) Math.ceil(part * sorted.length) - 1] / 1e6;
	}

}
