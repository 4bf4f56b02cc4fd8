package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Optional;

import io.github.pgnotify.benchmarks.Outcome;

/**
 * The targets, and whether they are met.
 */
final class TargetTable {

	private TargetTable() {
	}

	static String text(List<Outcome> outcomes) {
		StringBuilder text = new StringBuilder("targets\n");
		for (Target target : Target.ALL) {
			Optional<Double> ratio = target.reached(outcomes);
			text.append("  %-13s x %-6s %s: %s %s%n".formatted(verdict(target, ratio),
					Numbers.ratio(ratio.orElse(Double.NaN)), target.text(), target.metric().name(), target.goal()));
		}
		return text.toString();
	}

	static String markdown(List<Outcome> outcomes) {
		StringBuilder text = new StringBuilder("| ratio | target | what | |\n|---:|---|---|---|\n");
		for (Target target : Target.ALL) {
			Optional<Double> ratio = target.reached(outcomes);
			text.append("| %s | %s | %s, %s | %s |%n".formatted(Numbers.ratio(ratio.orElse(Double.NaN)), target.goal(),
					target.text(), target.metric().name(), verdict(target, ratio)));
		}
		return text.toString();
	}

	private static String verdict(Target target, Optional<Double> ratio) {
		return ratio.map((reached) -> target.isMet(reached) ? "met" : "MISSED").orElse("not measured");
	}

}
