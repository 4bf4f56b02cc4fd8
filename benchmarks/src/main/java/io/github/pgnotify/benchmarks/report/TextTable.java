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
		StringBuilder text = new StringBuilder(contest).append('\n');
		for (Outcome outcome : outcomes) {
			text.append("  x %-6s %11s %-11s (%s … %s)  %-6s %s%n".formatted(Numbers.ratio(outcome.ratio()),
					Numbers.text(outcome.median()), outcome.metric().unit(), Numbers.text(outcome.min()),
					Numbers.text(outcome.max()), outcome.metric().name(), outcome.contender()));
		}
		return text.toString();
	}

}
