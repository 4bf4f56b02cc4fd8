package io.github.pgnotify.benchmarks.durable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.benchmarks.Contest;
import io.github.pgnotify.benchmarks.Contest.Contender;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Trial;

/**
 * The contests with stored messages.
 */
public final class DurableContests {

	private static final String FLOOR = FloorShape.MESSAGE_AND_DELIVERY.name();

	/** What a flush takes on many a disk in a data centre. */
	private static final int SLOW_FLUSH_MICROS = 1_400;

	private static final Set<String> SMOKE = Set.of("sent and handled, 4 producers",
			"fan-out to 3 groups, 16 producers", "drain", "enqueue 1,000 at once", "latency at 100/s",
			"transactional, 4 handlers");

	private static final QueueContender PGNOTIFY = new PgNotifyQueue();

	private static final List<QueueContender> LIKE_FOR_LIKE = List.of(new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY),
			PGNOTIFY);

	private static final List<QueueContender> BATCHING = List.of(new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY),
			PGNOTIFY, new FloorQueue(FloorShape.ONE_TABLE), new DbSchedulerQueue());

	private static final List<QueueContender> ALL = List.of(new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY), PGNOTIFY,
			new FloorQueue(FloorShape.ONE_TABLE), new SpringIntegrationQueue(), new DbSchedulerQueue());

	private static final List<QueueContender> ALL_AND_JOBRUNR = Stream
		.concat(ALL.stream(), Stream.of(new JobRunrQueue()))
		.toList();

	private static final List<QueueContender> TRANSACTIONAL = List.of(
			new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY, true), new PgNotifyQueue(AckMode.TRANSACTIONAL),
			new FloorQueue(FloorShape.ONE_TABLE, true), new SpringIntegrationQueue());

	private final List<Contest> contests = new ArrayList<>();

	private final Database database;

	private final QueueSetup setup;

	/**
	 * Creates contests.
	 * @param database where they take place
	 */
	public DurableContests(Database database) {
		this.database = database;
		this.setup = QueueSetup.of(database, (payload) -> {
		});
	}

	/**
	 * Returns what to do first, and not to count: code that has not run for a while is
	 * slow, and there is more of it in a library than in what is written by hand.
	 */
	public Contest warmUp() {
		return contest("warming up", 2, BATCHING,
				(contender) -> new SendAndHandle(contender, this.setup.withSenders(16)));
	}

	/**
	 * Returns all contests.
	 */
	public List<Contest> all() {
		sending();
		draining();
		add("enqueue 1,000 at once", 0.7, BATCHING, (contender) -> new EnqueueAll(contender, this.setup, 1000));
		add("latency at 100/s", 3, ALL, (contender) -> new Latency(contender, this.setup, 100));
		add("transactional, 4 handlers", 1, TRANSACTIONAL,
				(contender) -> new Drain(contender, this.setup.withHandlers(4)));
		QueueSetup slow = this.setup.withDatabase(this.database.withSlowDisk(SLOW_FLUSH_MICROS));
		add("slow disk, 16 producers", 1, ALL, (contender) -> new SendAndHandle(contender, slow.withSenders(16)));
		return this.contests;
	}

	private void sending() {
		for (int senders : new int[] { 1, 4, 16 }) {
			add("sent and handled, " + senders + ((senders == 1) ? " producer" : " producers"), 1,
					(senders == 16) ? ALL_AND_JOBRUNR : ALL,
					(contender) -> new SendAndHandle(contender, this.setup.withSenders(senders)));
		}
		for (int groups : new int[] { 3, 10 }) {
			add("fan-out to " + groups + " groups, 16 producers", 0.7, LIKE_FOR_LIKE,
					(contender) -> new SendAndHandle(contender, this.setup.withSenders(16).withGroups(groups)));
		}
	}

	private void draining() {
		add("drain", 1, ALL_AND_JOBRUNR, (contender) -> new Drain(contender, this.setup));
		for (int prefetch : new int[] { 10, 500 }) {
			add("drain, prefetch " + prefetch, 0.5, LIKE_FOR_LIKE,
					(contender) -> new Drain(contender, this.setup.withPrefetch(prefetch)));
		}
	}

	private void add(String name, double weight, List<QueueContender> contenders,
			Function<QueueContender, Trial> trial) {
		this.contests.add(contest(name, weight, contenders, trial));
	}

	private static Contest contest(String name, double weight, List<QueueContender> contenders,
			Function<QueueContender, Trial> trial) {
		return new Contest(name, SMOKE.contains(name), weight, FLOOR,
				contenders.stream()
					.map((contender) -> new Contender(contender.name(), trial.apply(contender)))
					.toList());
	}

}
