package io.github.pgnotify.tablechange;

import java.util.List;
import java.util.stream.Collectors;

import io.github.pgnotify.PgNotifyStartupException;

/**
 * Writes what applying would do as a script.
 */
final class TriggerScript {

	private TriggerScript() {
	}

	static String write(List<TriggerDifference> differences, TriggerSettings settings) {
		List<TriggerDifference> todo = differences.stream().filter(TriggerDifference::isDifferent).toList();
		if (todo.isEmpty()) {
			return "";
		}
		String script = "-- Triggers of application '" + comment(settings.application())
				+ "', written by pgnotify for the database as it was.\n"
				+ todo.stream()
					.map((difference) -> "\n-- " + comment(difference.toString()) + "\n"
							+ difference.statements()
								.stream()
								.map((statement) -> statement + ";\n")
								.collect(Collectors.joining()))
					.collect(Collectors.joining());
		if (script.contains("${")) {
			throw new PgNotifyStartupException(
					"The script of the triggers contains a '${', which Flyway would take for a placeholder.",
					"Choose names and conditions without it, or use another mode than script.");
		}
		return script;
	}

	private static String comment(String text) {
		return text.replaceAll("[\\r\\n]+", " ");
	}

}
