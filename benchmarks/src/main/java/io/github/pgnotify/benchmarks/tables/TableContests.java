package io.github.pgnotify.benchmarks.tables;

import java.util.Arrays;
import java.util.List;

import io.github.pgnotify.benchmarks.Contest;
import io.github.pgnotify.benchmarks.Contest.Contender;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Trial;

/**
 * The contests with triggers.
 */
public final class TableContests {

	private final Database database;

	/**
	 * Creates contests.
	 * @param database where they take place
	 */
	public TableContests(Database database) {
		this.database = database;
	}

	/**
	 * Returns all contests.
	 */
	public List<Contest> all() {
		return List.of(
				contest("row trigger, 1 writer", WriteTrigger.HAND_WRITTEN, 1, 1, WriteTrigger.NONE,
						WriteTrigger.HAND_WRITTEN, WriteTrigger.ROW),
				contest("row trigger, 4 writers", WriteTrigger.HAND_WRITTEN, 4, 1, WriteTrigger.NONE,
						WriteTrigger.HAND_WRITTEN, WriteTrigger.ROW, WriteTrigger.DURABLE),
				contest("row trigger, 1,000 rows at once", WriteTrigger.HAND_WRITTEN, 1, 1000, WriteTrigger.NONE,
						WriteTrigger.HAND_WRITTEN, WriteTrigger.ROW),
				contest("statement trigger, 1,000 rows at once", WriteTrigger.NONE, 1, 1000, WriteTrigger.NONE,
						WriteTrigger.STATEMENT));
	}

	private Contest contest(String name, WriteTrigger reference, int writers, int rows, WriteTrigger... triggers) {
		return new Contest(name, rows == 1000, 0.5, reference.contender(),
				Arrays.stream(triggers)
					.map((trigger) -> new Contender(trigger.contender(), trial(trigger, reference, writers, rows)))
					.toList());
	}

	private Trial trial(WriteTrigger trigger, WriteTrigger reference, int writers, int rows) {
		return (writers == 1) ? new WriteInTurns(this.database, trigger, reference, rows)
				: new WriteRows(this.database, trigger, writers, rows);
	}

}
