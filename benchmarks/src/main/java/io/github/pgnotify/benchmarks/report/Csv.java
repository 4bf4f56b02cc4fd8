package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import io.github.pgnotify.benchmarks.Outcome;

/**
 * Outcomes for programs.
 */
final class Csv {

	private Csv() {
	}

	static String of(List<Outcome> outcomes) {
		StringBuilder csv = new StringBuilder("contest,contender,metric,unit,ratio,median,min,max,rounds\n");
		for (Outcome outcome : outcomes) {
			csv.append(quoted(outcome.contest()))
				.append(',')
				.append(quoted(outcome.contender()))
				.append(',')
				.append(outcome.metric().name())
				.append(',')
				.append(outcome.metric().unit())
				.append(String.format(Locale.ROOT, ",%.4f,%.4f,%.4f,%.4f,", outcome.ratio(), outcome.median(),
						outcome.min(), outcome.max()))
				.append(quoted(outcome.values()
					.stream()
					.map((value) -> String.format(Locale.ROOT, "%.4f", value))
					.collect(Collectors.joining(" "))))
				.append('\n');
		}
		return csv.toString();
	}

	private static String quoted(String text) {
		return '"' + text.replace("\"", "\"\"") + '"';
	}

}
