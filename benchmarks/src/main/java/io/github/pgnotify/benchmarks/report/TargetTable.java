package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Optional;

import io.github.pgnotify.benchmarks.Outcome;
import io.github.pgnotify.benchmarks.report.Bound.Reached;

/**
 * The targets, and whether they are met.
 */
final class TargetTable {

	private TargetTable() {
	}

	static String text(List<Outcome> outcomes) {
		StringBuilder text = new StringBuilder("targets\n");
		for (Target target : Target.ALL) {
			Optional<Reached> reached = target.reached(outcomes);
			if (reached.isEmpty()) {
				continue;
			}
			text.append("  %-6s %-18s %s: %s %s%n".formatted(verdict(reached), value(reached), target.text(),
					target.metric().name(), target.goal()));
		}
		return text.toString();
	}

	static String markdown(List<Outcome> outcomes) {
		StringBuilder text = new StringBuilder("| reached | target | what | |\n|---:|---|---|---|\n");
		for (Target target : Target.ALL) {
			Optional<Reached> reached = target.reached(outcomes);
			text.append("| %s | %s | %s, %s | %s |%n".formatted(value(reached), target.goal(), target.text(),
					target.metric().name(), verdict(reached)));
		}
		return text.toString();
	}

	private static String value(Optional<Reached> reached) {
		return reached.map((what) -> what.text().startsWith("×") ? what.text()
				: what.text() + " (× " + Numbers.ratio(what.ratio()) + ")")
			.orElse("-");
	}

	private static String verdict(Optional<Reached> reached) {
		return reached.map((what) -> what.met() ? "met" : "MISSED").orElse("not measured");
	}

}
