package io.github.pgnotify.benchmarks;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.benchmarks.durable.DurableContests;
import io.github.pgnotify.benchmarks.report.Reports;
import io.github.pgnotify.benchmarks.tables.TableContests;

/**
 * The command: measures, prints, writes. Its exit code is not 0 if a contender failed or
 * lost anything; a target that is missed is printed and nothing more.
 */
public final class Benchmarks {

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
		DurableContests durable = new DurableContests(database);
		List<Contest> all = new ArrayList<>(durable.all());
		all.addAll(new TableContests(database).all());
		List<Contest> contests = options.choose(all);
		if (options.list()) {
			contests.forEach((contest) -> System.out.println(contest.name()));
			return true;
		}
		Environment environment = Environment.of(database);
		System.err.println(environment.text());
		Tournament tournament = new Tournament(options, contests);
		tournament.warmUp(options.chooseContenders(durable.warmUp()));
		tournament.run();
		Reports reports = new Reports(environment.withTrials(tournament.pacePerTrial(), options.rounds()),
				tournament.outcomes(), tournament.failures());
		System.out.println(reports.text());
		reports.write(options.output(), options.docs());
		return tournament.failures().isEmpty();
	}

}
