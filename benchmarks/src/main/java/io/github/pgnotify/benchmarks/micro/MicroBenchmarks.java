package io.github.pgnotify.benchmarks.micro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs JMH's benchmarks.
 */
public final class MicroBenchmarks {

	private MicroBenchmarks() {
	}

	/**
	 * Runs them, and prints what JMH prints.
	 * @param smoke only see that everything runs
	 * @param only parts of names; all if empty
	 * @param output where to write {@code jmh.csv}
	 */
	public static void run(boolean smoke, List<String> only, Path output) throws IOException, RunnerException {
		Files.createDirectories(output);
		ChainedOptionsBuilder options = new OptionsBuilder().shouldFailOnError(true)
			.resultFormat(ResultFormatType.CSV)
			.result(output.resolve("jmh.csv").toString());
		if (only.isEmpty()) {
			options.include(MicroBenchmarks.class.getPackageName());
		}
		only.forEach((name) -> options.include("(?i)" + name));
		if (smoke) {
			options.forks(0).warmupIterations(0).measurementIterations(1).measurementTime(TimeValue.milliseconds(20));
		}
		else {
			options.forks(2)
				.warmupIterations(3)
				.warmupTime(TimeValue.seconds(1))
				.measurementIterations(5)
				.measurementTime(TimeValue.seconds(1));
		}
		new Runner(options.build()).run();
	}

}
