package io.github.pgnotify.benchmarks.live;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

import io.github.pgnotify.benchmarks.Contest;
import io.github.pgnotify.benchmarks.Contest.Contender;
import io.github.pgnotify.benchmarks.Contest.Effort;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Trial;

/**
 * The contests with notifications.
 */
public final class LiveContests {

	private static final Set<String> SMOKE = Set.of("live, latency at 200/s", "live, received, one per transaction",
			"live, received, batches of 1,000", "live, sent, batches of 1,000", "live, published to many listeners",
			"live, 100 kB");

	private static final int BYTES = 100;

	private static final int SENDERS = 4;

	private static final LiveContender PGNOTIFY = new PgNotifyListeners(false);

	private static final LiveContender PGNOTIFY_ALONE = new PgNotifyListeners(true);

	private static final LiveContender DRIVER = new DriverLoop(DriverLoop.NAME, false);

	private static final LiveContender PROMPT = new DriverLoop(DriverLoop.NAME + ", prompt sockets", true);

	private static final LiveContender VERTX = new VertxSubscribers();

	private static final LiveContender SPRING_INTEGRATION = new SpringIntegrationListeners();

	private static final LiveContender RAW = new RawLoop();

	private static final List<LiveContender> ALL = List.of(DRIVER, RAW, PROMPT, PGNOTIFY, VERTX, SPRING_INTEGRATION);

	/** Spring Integration sends nothing in batches. */
	private static final List<LiveContender> NOTIFICATIONS = List.of(DRIVER, RAW, PROMPT, PGNOTIFY, VERTX);

	private static final List<LiveContender> LIBRARIES = List.of(DRIVER, PGNOTIFY, VERTX);

	private static final List<LiveContender> SENDING = List.of(new PooledSender(), PGNOTIFY_ALONE);

	private final List<Contest> contests = new ArrayList<>();

	private final Database database;

	private final LiveSetup setup;

	private final LiveSetup overNetwork;

	/**
	 * Creates contests.
	 * @param database where they take place
	 * @param overNetwork the same behind a network
	 */
	public LiveContests(Database database, Database overNetwork) {
		this.database = database;
		this.setup = LiveSetup.of(database);
		this.overNetwork = LiveSetup.of(overNetwork);
	}

	/**
	 * Returns what to do first, and not to count.
	 */
	public Contest warmUp() {
		return contest("warming up, live", Effort.ONCE, 1, List.of(DRIVER, PGNOTIFY_ALONE, VERTX),
				(contender) -> new Received(contender, this.setup.withSenders(SENDERS), BYTES, 1));
	}

	/**
	 * Returns all contests.
	 */
	public List<Contest> all() {
		this.contests.clear();
		add("live, latency at 200/s", Effort.ROUNDS, 2, ALL,
				(contender) -> new LiveLatency(contender, this.setup, 200, BYTES));
		add("live, network, latency at 200/s", Effort.ONCE, 2, NOTIFICATIONS,
				(contender) -> new LiveLatency(contender, this.overNetwork, 200, BYTES));
		add("live, received, one per transaction", Effort.ROUNDS, 1, ALL,
				(contender) -> new Received(contender, this.setup.withSenders(SENDERS), BYTES, 1));
		add("live, received, batches of 1,000", Effort.ROUNDS, 1, NOTIFICATIONS,
				(contender) -> new Received(contender, this.setup, BYTES, 1_000));
		add("live, sent, one per transaction", Effort.ROUNDS, 0.7, SENDING,
				(contender) -> new Sent(contender, this.setup, BYTES, 1));
		add("live, sent, batches of 1,000", Effort.ROUNDS, 0.7, SENDING,
				(contender) -> new Sent(contender, this.setup, BYTES, 1_000));
		this.contests.add(manyListeners());
		sizes();
		return List.copyOf(this.contests);
	}

	/**
	 * Removes what contenders keep from one trial to the next.
	 */
	public void cleanUp() throws SQLException {
		PgNotifyListeners.dropSchema(this.database);
	}

	private void sizes() {
		for (int length : new int[] { 1_000, 7_000 }) {
			String size = "live, " + length / 1_000 + " kB, ";
			add(size + "one per transaction", Effort.ONCE, 0.7, LIBRARIES,
					(contender) -> new Received(contender, this.setup.withSenders(SENDERS), length, 1));
			add(size + "batches of 100", Effort.ONCE, 0.7, LIBRARIES,
					(contender) -> new Received(contender, this.setup, length, 100));
		}
		add("live, 100 kB", Effort.ONCE, 0.7, List.of(new RowAndId(), PGNOTIFY_ALONE, SPRING_INTEGRATION),
				(contender) -> new Received(contender, this.setup, 100_000, 1));
	}

	private Contest manyListeners() {
		String name = "live, published to many listeners";
		List<Contender> contenders = new ArrayList<>();
		for (int count : new int[] { 1, 10, 100 }) {
			contenders.add(many(PGNOTIFY, count, "method"));
		}
		for (int count : new int[] { 1, 10, 100 }) {
			contenders.add(many(DRIVER, count, "connection"));
		}
		contenders.add(many(VERTX, 100, "connection"));
		return new Contest(name, SMOKE.contains(name), Effort.ROUNDS, 0.7, contenders.get(0).name(), contenders);
	}

	private Contender many(LiveContender contender, int count, String what) {
		return new Contender(contender.name() + ", " + count + " " + what + ((count > 1) ? "s" : ""),
				new ManyListeners(contender, this.setup.withListeners(count), BYTES));
	}

	private void add(String name, Effort effort, double weight, List<LiveContender> contenders,
			Function<LiveContender, Trial> trial) {
		this.contests.add(contest(name, effort, weight, contenders, trial));
	}

	private static Contest contest(String name, Effort effort, double weight, List<LiveContender> contenders,
			Function<LiveContender, Trial> trial) {
		return new Contest(name, SMOKE.contains(name), effort, weight, contenders.get(0).name(),
				contenders.stream()
					.map((contender) -> new Contender(contender.name(), trial.apply(contender)))
					.toList());
	}

}
