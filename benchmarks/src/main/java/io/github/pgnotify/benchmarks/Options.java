package io.github.pgnotify.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;

/**
 * What the command line asks for.
 *
 * @param smoke only see that everything runs
 * @param duration how long all of it may take, about
 * @param rounds how often each contender is measured; 0 if nobody said so
 * @param only parts of the names of the contests to run; all if empty
 * @param contenders parts of the names of the contenders to measure; all if empty
 * @param jmh run JMH's benchmarks instead
 * @param list only list the contests
 * @param docs write {@code docs/performance.md} too
 * @param url the database; the embedded one without
 * @param user its user
 * @param password the user's
 * @param output where to write results
 */
record Options(boolean smoke, boolean jmh, Duration duration, int rounds, List<String> only, List<String> contenders,
		boolean list, boolean docs, @Nullable String url, String user, String password, Path output) {

	private static final int DEFAULT_ROUNDS = 3;

	static final String HELP = """
			benchmarks/run [options]

			  --smoke              see that everything runs, in less than a minute; the figures mean nothing
			  --duration TIME      how long to measure, about: 10m, 90s; default 9m
			  --rounds N           how often to measure each contender, by turns; default 3, and 1 in contests without
			                       a target unless --only asks for them
			  --only NAME          only contests whose name contains this; may be repeated
			  --contender NAME     only contenders whose name contains this; may be repeated
			  --jmh                instead, measure with JMH what pgnotify does with a notification, without a
			                       database; with --smoke and --only too
			  --list               list the contests and end
			  --docs               also write docs/performance.md and its plots
			  --url URL            a JDBC URL, instead of an embedded PostgreSQL 18; schemas named bench_* are
			                       made and dropped there
			  --user USER          a superuser of that database; default postgres
			  --password PASSWORD  default postgres
			  --output DIRECTORY   where to write results; default benchmarks/target/results
			""";

	static Options parse(String[] arguments) {
		Deque<String> rest = new ArrayDeque<>(List.of(arguments));
		Parsed parsed = new Parsed();
		while (!rest.isEmpty()) {
			String option = rest.pop();
			switch (option) {
				case "--smoke" -> parsed.smoke = true;
				case "--jmh" -> parsed.jmh = true;
				case "--list" -> parsed.list = true;
				case "--docs" -> parsed.docs = true;
				case "--duration" -> parsed.duration = DurationStyle.detectAndParse(value(option, rest));
				case "--rounds" -> parsed.rounds = Integer.parseInt(value(option, rest));
				case "--only" -> parsed.only.add(value(option, rest).toLowerCase(Locale.ROOT));
				case "--contender" -> parsed.contenders.add(value(option, rest).toLowerCase(Locale.ROOT));
				case "--url" -> parsed.url = value(option, rest);
				case "--user" -> parsed.user = value(option, rest);
				case "--password" -> parsed.password = value(option, rest);
				case "--output" -> parsed.output = Path.of(value(option, rest));
				default -> throw new IllegalArgumentException("There is no option " + option);
			}
		}
		return parsed.options();
	}

	private static String value(String option, Deque<String> rest) {
		if (rest.isEmpty()) {
			throw new IllegalArgumentException(option + " needs a value");
		}
		return rest.pop();
	}

	/**
	 * Returns what is asked for.
	 */
	List<Contest> choose(List<Contest> contests) {
		return contests.stream()
			.filter((contest) -> (contest.smoke() || !this.smoke) && wants(this.only, contest.name()))
			.map(this::chooseContenders)
			.toList();
	}

	/**
	 * Returns the contest among those who are asked for.
	 */
	Contest chooseContenders(Contest contest) {
		return contest.withContenders(
				contest.contenders().stream().filter((contender) -> wants(this.contenders, contender.name())).toList());
	}

	/**
	 * Returns how often each contender of a contest is measured.
	 */
	int rounds(Contest contest) {
		if (this.smoke) {
			return 1;
		}
		if (this.rounds > 0) {
			return this.rounds;
		}
		return switch (contest.effort()) {
			case ROUNDS -> DEFAULT_ROUNDS;
			case ONCE -> this.only.isEmpty() ? 1 : DEFAULT_ROUNDS;
			case LONG -> 1;
		};
	}

	private static boolean wants(List<String> wanted, String name) {
		return wanted.isEmpty() || wanted.stream().anyMatch(name.toLowerCase(Locale.ROOT)::contains);
	}

	/**
	 * What has been read so far.
	 */
	private static final class Parsed {

		private boolean smoke;

		private boolean jmh;

		private boolean list;

		private boolean docs;

		private Duration duration = Duration.ofMinutes(9);

		private int rounds;

		private final List<String> only = new ArrayList<>();

		private final List<String> contenders = new ArrayList<>();

		private @Nullable String url;

		private String user = "postgres";

		private String password = "postgres";

		private Path output = Path.of("benchmarks", "target", "results");

		private Options options() {
			return new Options(this.smoke, this.jmh, this.duration, this.rounds, List.copyOf(this.only),
					List.copyOf(this.contenders), this.list, this.docs, this.url, this.user, this.password,
					this.output);
		}

	}

}
