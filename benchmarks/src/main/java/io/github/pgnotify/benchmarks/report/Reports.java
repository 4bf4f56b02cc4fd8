package io.github.pgnotify.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.benchmarks.Environment;
import io.github.pgnotify.benchmarks.Outcome;

/**
 * Everything that is written about what was measured.
 */
public final class Reports {

	private static final Path DOCS = Path.of("docs");

	private final Environment environment;

	private final List<Outcome> outcomes;

	private final List<String> failures;

	/**
	 * Creates reports.
	 * @param environment where it was measured
	 * @param outcomes what was measured
	 * @param failures what went wrong
	 */
	public Reports(Environment environment, List<Outcome> outcomes, List<String> failures) {
		this.environment = environment;
		this.outcomes = List.copyOf(outcomes);
		this.failures = List.copyOf(failures);
	}

	/**
	 * Returns tables for people who look at a terminal.
	 */
	public String text() {
		StringBuilder text = new StringBuilder();
		contests().forEach((contest, rows) -> text.append('\n').append(TextTable.of(contest, rows)));
		text.append("\n").append(TargetTable.text(this.outcomes));
		this.failures.forEach((failure) -> text.append("FAILED ").append(failure).append('\n'));
		return text.toString();
	}

	/**
	 * Returns the targets of which nothing was measured.
	 */
	public List<String> unmeasuredTargets() {
		return Target.ALL.stream()
			.filter((target) -> target.reached(this.outcomes).isEmpty())
			.map((target) -> target.text() + ": " + target.goal())
			.toList();
	}

	/**
	 * Writes all files.
	 * @param directory where to
	 * @param docs whether to write the project's documents too
	 */
	public void write(Path directory, boolean docs) throws IOException {
		Files.createDirectories(directory);
		Files.writeString(directory.resolve("results.csv"), Csv.of(this.outcomes));
		writeMarkdown(directory.resolve("performance.md"));
		if (docs) {
			Files.createDirectories(DOCS);
			writeMarkdown(DOCS.resolve("performance.md"));
		}
	}

	private void writeMarkdown(Path file) throws IOException {
		Map<String, String> plots = Plots.of(this.outcomes);
		Path directory = file.resolveSibling("performance");
		Files.createDirectories(directory);
		for (Map.Entry<String, String> plot : plots.entrySet()) {
			Files.writeString(directory.resolve(plot.getKey() + ".svg"), plot.getValue());
		}
		Files.writeString(file, Markdown.of(this.environment, contests(), plots.keySet(), this.outcomes));
		System.err.println("Written: " + file);
	}

	private Map<String, List<Outcome>> contests() {
		Map<String, List<Outcome>> contests = new LinkedHashMap<>();
		for (Outcome outcome : this.outcomes) {
			contests.computeIfAbsent(outcome.contest(), (key) -> new ArrayList<>()).add(outcome);
		}
		return contests;
	}

}
