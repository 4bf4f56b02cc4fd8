package io.github.pgnotify.benchmarks.durable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.benchmarks.Contest;
import io.github.pgnotify.benchmarks.Contest.Contender;
import io.github.pgnotify.benchmarks.Contest.Effort;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Network;
import io.github.pgnotify.benchmarks.Trial;

/**
 * The contests with stored messages.
 */
public final class DurableContests {

	private static final String FLOOR = FloorShape.MESSAGE_AND_DELIVERY.name();

	/** What a flush takes on many a disk in a data centre. */
	private static final int SLOW_FLUSH_MICROS = 1_400;

	private static final int TRANSACTIONAL_HANDLERS = 4;

	private static final Set<String> SMOKE = Set.of("sent and handled, 4 producers",
			"fan-out to 3 groups, 16 producers", "drain", "enqueue 1,000 at once", "latency at 100/s",
			"handlers that take 1 ms, 1 at a time", "keys, 16 producers", "network, latency at 100/s",
			"snapshot pinned, 16 producers", "growing backlog, 10 claimed at a time", "idle, 4 instances",
			"steady, 1,000/s");

	private static final QueueContender FLOOR_QUEUE = new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY);

	private static final QueueContender ONE_TABLE = new FloorQueue(FloorShape.ONE_TABLE);

	private static final QueueContender PGNOTIFY = new PgNotifyQueue();

	private static final QueueContender SPRING_INTEGRATION = new SpringIntegrationQueue();

	private static final QueueContender DB_SCHEDULER = new DbSchedulerQueue();

	private static final List<QueueContender> LIKE_FOR_LIKE = List.of(FLOOR_QUEUE, PGNOTIFY);

	private static final List<QueueContender> BATCHING = List.of(FLOOR_QUEUE, PGNOTIFY, ONE_TABLE, DB_SCHEDULER);

	private static final List<QueueContender> LIBRARIES = List.of(FLOOR_QUEUE, PGNOTIFY, SPRING_INTEGRATION,
			DB_SCHEDULER);

	/** Those who end many messages at once, and beside them all who end one by one. */
	private static final List<QueueContender> BATCHED_AND_ONE_BY_ONE = List.of(FLOOR_QUEUE, PGNOTIFY, ONE_TABLE,
			DB_SCHEDULER, new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY, true, FLOOR + ", transactional"),
			new PgNotifyQueue(AckMode.TRANSACTIONAL, PgNotifyQueue.NAME + ", transactional"), SPRING_INTEGRATION,
			new JobRunrQueue());

	private static final List<QueueContender> TRANSACTIONAL = List.of(
			new FloorQueue(FloorShape.MESSAGE_AND_DELIVERY, true, FLOOR),
			new PgNotifyQueue(AckMode.TRANSACTIONAL, PgNotifyQueue.NAME),
			new FloorQueue(FloorShape.ONE_TABLE, true, FloorShape.ONE_TABLE.name()), SPRING_INTEGRATION);

	private final List<Contest> contests = new ArrayList<>();

	private final Database database;

	private final QueueSetup setup;

	private final QueueSetup overNetwork;

	private final Network network;

	/**
	 * Creates contests.
	 * @param database where they take place
	 * @param network leads there, too
	 */
	public DurableContests(Database database, Network network) {
		this.database = database;
		this.setup = QueueSetup.of(database, (payload) -> {
		});
		this.overNetwork = this.setup.withDatabase(network.database());
		this.network = network;
	}

	/**
	 * Returns what to do first, and not to count: code that has not run for a while is
	 * slow, and there is more of it in a library than in what is written by hand.
	 */
	public Contest warmUp() {
		return contest("warming up", Effort.ONCE, 2, BATCHING,
				(contender, each) -> new SendAndHandle(contender, each.withSenders(16)));
	}

	/**
	 * Returns all contests.
	 */
	public List<Contest> all() {
		this.contests.clear();
		sending();
		draining();
		add(backlog());
		add("enqueue 1,000 at once", Effort.ROUNDS, 0.7, BATCHING,
				(contender, each) -> new EnqueueAll(contender, each, 1000));
		add("latency at 100/s", Effort.ROUNDS, 3, LIBRARIES, (contender, each) -> new Latency(contender, each, 100));
		QueueSetup slow = this.setup.withDatabase(this.database.withSlowDisk(SLOW_FLUSH_MICROS));
		add("slow disk, 16 producers", Effort.ROUNDS, 1, LIBRARIES,
				(contender, each) -> new SendAndHandle(contender, slow.withSenders(16)));
		add("network, 16 producers", Effort.ONCE, 1, LIBRARIES,
				(contender, each) -> new SendAndHandle(contender, this.overNetwork.withSenders(16)));
		add("network, latency at 100/s", Effort.ONCE, 2, LIBRARIES,
				(contender, each) -> new Latency(contender, this.overNetwork, 100));
		keys();
		goingOn();
		return List.copyOf(this.contests);
	}

	private void sending() {
		add("sent and handled, 16 producers", Effort.ROUNDS, 1, BATCHED_AND_ONE_BY_ONE,
				(contender, each) -> new SendAndHandle(contender, each.withSenders(16)));
		for (int senders : new int[] { 1, 4 }) {
			add("sent and handled, " + senders + ((senders == 1) ? " producer" : " producers"), Effort.ONCE, 1,
					LIBRARIES, (contender, each) -> new SendAndHandle(contender, each.withSenders(senders)));
		}
		for (int groups : new int[] { 3, 10 }) {
			add("fan-out to " + groups + " groups, 16 producers", Effort.ONCE, 0.7, LIKE_FOR_LIKE,
					(contender, each) -> new SendAndHandle(contender, each.withSenders(16).withGroups(groups)));
		}
	}

	private void draining() {
		add("drain", Effort.ROUNDS, 1, BATCHED_AND_ONE_BY_ONE, Drain::new);
		for (int prefetch : new int[] { 10, 500 }) {
			add("drain, prefetch " + prefetch, Effort.ONCE, 0.5, LIKE_FOR_LIKE,
					(contender, each) -> new Drain(contender, each.withPrefetch(prefetch)));
		}
		add("transactional, 4 handlers", Effort.ROUNDS, 1, TRANSACTIONAL, Drain::new);
		for (int handlers : new int[] { 1, 4, 16 }) {
			add("handlers that take 1 ms, " + handlers + " at a time", Effort.ONCE, 1,
					(handlers == 16) ? LIBRARIES : LIKE_FOR_LIKE,
					(contender, each) -> new BusyDrain(contender, each.withHandlers(handlers)));
		}
	}

	private void keys() {
		add(ordered("keys, 16 producers", (contender, each) -> new SendAndHandle(contender, each.withSenders(16))));
		add(ordered("keys, drain", Drain::new));
	}

	/**
	 * Nobody else has keys: the floor is what it is without.
	 */
	private Contest ordered(String name, BiFunction<QueueContender, QueueSetup, Trial> trial) {
		QueueSetup four = this.setup.withHandlers(TRANSACTIONAL_HANDLERS);
		List<Contender> contenders = new ArrayList<>();
		contenders.add(new Contender(FLOOR, trial.apply(FLOOR_QUEUE, four)));
		contenders.add(new Contender(PgNotifyQueue.NAME + ", no key", trial.apply(PGNOTIFY, four)));
		for (int keys : new int[] { 10_000, 100, 1 }) {
			contenders
				.add(new Contender(PgNotifyQueue.NAME + ", " + ((keys == 1) ? "one key" : "%,d keys".formatted(keys)),
						trial.apply(PGNOTIFY, four.withKeys(keys))));
		}
		return new Contest(name, SMOKE.contains(name), Effort.ONCE, 0.7, FLOOR, contenders);
	}

	/**
	 * What becomes of them in the course of time.
	 */
	private void goingOn() {
		add("snapshot pinned, 16 producers", Effort.LONG, 12, List.of(FLOOR_QUEUE, PGNOTIFY, DB_SCHEDULER),
				(contender, each) -> new PinnedSnapshot(contender, each.withSenders(16)));
		add("idle, 4 instances", Effort.LONG, 8, List.of(PGNOTIFY, SPRING_INTEGRATION, DB_SCHEDULER),
				(contender, each) -> new Idle(contender, this.overNetwork, this.network, 4));
		add("steady, 1,000/s", Effort.LONG, 15, List.of(FLOOR_QUEUE, PGNOTIFY, SPRING_INTEGRATION, DB_SCHEDULER),
				(contender, each) -> new Steady(contender, each.withSenders(4), 1_000));
	}

	private Contest backlog() {
		String name = "growing backlog, 10 claimed at a time";
		List<Contender> contenders = new ArrayList<>();
		for (QueueContender contender : List.of(PGNOTIFY, FLOOR_QUEUE)) {
			for (int waiting : new int[] { 10_000, 100_000, 1_000_000 }) {
				contenders.add(new Contender("%s, %,d waiting".formatted(contender.name(), waiting),
						new Backlog(contender, this.setup.withPrefetch(10), waiting)));
			}
		}
		return new Contest(name, SMOKE.contains(name), Effort.LONG, 1.5, contenders.get(0).name(), contenders);
	}

	private void add(Contest contest) {
		this.contests.add(contest);
	}

	private void add(String name, Effort effort, double weight, List<QueueContender> contenders,
			BiFunction<QueueContender, QueueSetup, Trial> trial) {
		add(contest(name, effort, weight, contenders, trial));
	}

	private Contest contest(String name, Effort effort, double weight, List<QueueContender> contenders,
			BiFunction<QueueContender, QueueSetup, Trial> trial) {
		return new Contest(name, SMOKE.contains(name), effort, weight, contenders.get(0).name(),
				contenders.stream().map((contender) -> contender(contender, trial)).toList());
	}

	private Contender contender(QueueContender contender, BiFunction<QueueContender, QueueSetup, Trial> trial) {
		QueueSetup each = contender.transactional() ? this.setup.withHandlers(TRANSACTIONAL_HANDLERS) : this.setup;
		return new Contender(contender.name(), contender instanceof JobRunrQueue, trial.apply(contender, each));
	}

}
