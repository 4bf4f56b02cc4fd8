package io.github.pgnotify.benchmarks.report;

import java.util.Collection;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.benchmarks.Environment;
import io.github.pgnotify.benchmarks.Outcome;

/**
 * Outcomes as a document.
 */
final class Markdown {

	private static final String HEAD = """
			# Performance

			Written by `benchmarks/run --docs`, never by hand: anyone can repeat it. Client and PostgreSQL share the machine. Absolute
			figures say as much about the machine as about the software: trust the ratios, which are medians of rounds taken by turns in
			one run; the first contender of each table is 1. What contenders do, and how they are set up, is in
			[benchmarks](../benchmarks/README.md).

			""";

	private Markdown() {
	}

	static String of(Environment environment, Map<String, List<Outcome>> contests, Collection<String> plots,
			List<Outcome> outcomes) {
		StringBuilder text = new StringBuilder(HEAD);
		text.append("| | |\n|---|---|\n");
		environment.facts()
			.forEach((name, value) -> text.append("| %s | %s |%n".formatted(name, value.replace("|", "\\|"))));
		text.append("\n## Targets\n\n").append(TargetTable.markdown(outcomes)).append("\n## Results\n\n");
		plots.forEach((plot) -> text.append("![").append(plot).append("](performance/").append(plot).append(".svg)\n"));
		contests.forEach((contest, rows) -> text.append(table(contest, rows)));
		return text.toString();
	}

	private static String table(String contest, List<Outcome> outcomes) {
		StringBuilder text = new StringBuilder("\n### " + Character.toUpperCase(contest.charAt(0))
				+ contest.substring(1) + "\n\n| ratio | median | lowest … highest | | |\n|---:|---:|---|---|---|\n");
		for (Outcome outcome : outcomes) {
			text.append("| %s | %s %s | %s … %s | %s | %s |%n".formatted(Numbers.ratio(outcome.ratio()),
					Numbers.text(outcome.median()), outcome.metric().unit(), Numbers.text(outcome.min()),
					Numbers.text(outcome.max()), outcome.metric().name(), outcome.contender()));
		}
		return text.toString();
	}

}
