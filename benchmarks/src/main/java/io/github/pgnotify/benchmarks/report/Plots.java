package io.github.pgnotify.benchmarks.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Outcome;

/**
 * Throughput and latency side by side.
 */
final class Plots {

	private Plots() {
	}

	/**
	 * Returns SVG documents by name.
	 */
	static Map<String, String> of(List<Outcome> outcomes) {
		Map<String, String> plots = new LinkedHashMap<>();
		side(plots, "durable", outcomes, "sent and handled, 16 producers", "latency at 100/s");
		side(plots, "live", outcomes, "live, received, one per transaction", "live, latency at 200/s");
		side(plots, "network", outcomes, "network, 16 producers", "network, latency at 100/s");
		side(plots, "live-network", outcomes, "live, published to many listeners", "live, network, latency at 200/s");
		return plots;
	}

	private static void side(Map<String, String> plots, String name, List<Outcome> outcomes, String throughput,
			String latency) {
		List<BarChart> charts = new ArrayList<>();
		chart(charts, outcomes, throughput, List.of(Metric.RATE));
		chart(charts, outcomes, latency, List.of(Metric.P50, Metric.P99));
		if (!charts.isEmpty()) {
			plots.put(name, BarChart.sideBySide(charts));
		}
	}

	private static void chart(List<BarChart> charts, List<Outcome> outcomes, String contest, List<Metric> metrics) {
		List<BarChart.Bar> bars = outcomes.stream()
			.filter((outcome) -> outcome.contest().equals(contest) && metrics.contains(outcome.metric()))
			.map((outcome) -> new BarChart.Bar(
					outcome.contender() + ((metrics.size() > 1) ? ", " + outcome.metric().name() : ""),
					outcome.median(), outcome.contender().equals(Target.PGNOTIFY)))
			.toList();
		if (!bars.isEmpty()) {
			charts.add(new BarChart(contest + " (" + metrics.get(0).unit() + ")", bars));
		}
	}

}
