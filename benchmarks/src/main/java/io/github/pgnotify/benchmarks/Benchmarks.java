package io.github.pgnotify.benchmarks;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.benchmarks.durable.DurableContests;
import io.github.pgnotify.benchmarks.live.LiveContests;
import io.github.pgnotify.benchmarks.micro.MicroBenchmarks;
import io.github.pgnotify.benchmarks.report.Reports;
import io.github.pgnotify.benchmarks.tables.TableContests;

/**
 * The command: measures, prints, writes. Its exit code is not 0 if a contender failed or
 * lost anything; a target that is missed is printed and nothing more.
 */
public final class Benchmarks {

	/** As between machines of a data centre. */
	private static final Duration ROUND_TRIP = Duration.ofNanos(500_000);

	private Benchmarks() {
	}

	/**
	 * Runs the command.
	 * @param arguments see {@code --help}
	 */
	public static void main(String[] arguments) throws Exception {
		if (List.of(arguments).contains("--help")) {
			System.out.print(Options.HELP);
			return;
		}
		Options options;
		try {
			options = Options.parse(arguments);
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage() + "\n\n" + Options.HELP);
			System.exit(2);
			return;
		}
		if (options.jmh()) {
			MicroBenchmarks.run(options.smoke(), options.only(), options.output());
			return;
		}
		System.exit(run(options) ? 0 : 1);
	}

	private static boolean run(Options options) throws IOException, SQLException {
		if (options.url() != null) {
			return run(options, new Database(options.url(), options.user(), options.password()));
		}
		try (EmbeddedDatabase embedded = new EmbeddedDatabase()) {
			return run(options, embedded.database());
		}
	}

	private static boolean run(Options options, Database database) throws IOException, SQLException {
		try (Network network = new Network(database, ROUND_TRIP)) {
			return run(options, database, network);
		}
	}

	private static boolean run(Options options, Database database, Network network) throws IOException, SQLException {
		List<Contest> contests = options.choose(contests(database, network));
		if (options.list()) {
			contests.forEach((contest) -> System.out.println(contest.name()));
			return true;
		}
		Environment environment = Environment.of(database).with("network", network.calibrate());
		System.err.println(environment.text());
		Tournament tournament = new Tournament(options, contests);
		LiveContests live = new LiveContests(database, network.database());
		DurableContests durable = new DurableContests(database, network);
		tournament.warmUp(options.chooseContenders(live.warmUp()), live.all());
		tournament.warmUp(options.chooseContenders(durable.warmUp()), durable.all());
		tournament.run();
		live.cleanUp();
		Reports reports = new Reports(environment.with("trials", tournament.describe()), tournament.outcomes(),
				tournament.failures());
		System.out.println(reports.text());
		reports.write(options.output(), options.docs());
		return tournament.failures().isEmpty();
	}

	/**
	 * Returns all there are.
	 */
	static List<Contest> contests(Database database, Network network) {
		List<Contest> contests = new ArrayList<>();
		contests.addAll(new LiveContests(database, network.database()).all());
		contests.addAll(new DurableContests(database, network).all());
		contests.addAll(new TableContests(database).all());
		return contests;
	}

}
