package io.github.pgnotify.benchmarks.report;

import java.util.List;

import io.github.pgnotify.benchmarks.Outcome;

/**
 * A contest as lines of text, ratios first.
 */
final class TextTable {

	private TextTable() {
	}

	static String of(String contest, List<Outcome> outcomes) {
		int width = outcomes.stream().mapToInt((outcome) -> outcome.metric().name().length()).max().orElse(1);
		String row = "  x %-6s %11s %-11s (%s … %s)  %-" + width + "s  %s%n";
		StringBuilder text = new StringBuilder(contest).append('\n');
		for (Outcome outcome : outcomes) {
			text.append(row.formatted(Numbers.ratio(outcome.ratio()), Numbers.text(outcome.median()),
					outcome.metric().unit(), Numbers.text(outcome.min()), Numbers.text(outcome.max()),
					outcome.metric().name(), outcome.contender()));
		}
		return text.toString();
	}

}
