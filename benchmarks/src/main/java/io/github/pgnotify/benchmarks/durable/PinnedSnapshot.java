package io.github.pgnotify.benchmarks.durable;

import java.sql.Connection;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Senders;
import io.github.pgnotify.benchmarks.Trial;

/**
 * Somebody else keeps a snapshot, so that no row that is dead can be removed, while
 * messages are sent and handled: how many fewer are handled at the end of that than
 * before it.
 */
record PinnedSnapshot(QueueContender contender, QueueSetup setup) implements Trial {

	private static final Metric PINNED = new Metric("pinned for", "s", true);

	private static final Metric AT_THE_END = new Metric("at its end", "messages/s", true);

	/** A part of the time without it, and at the end of it, in which is counted. */
	private static final double PART = 0.2;

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		try (RunningQueue queue = this.contender.open(this.setup.withHandler(counter))) {
			queue.begin();
			this.setup.database().settle();
			try (Senders senders = new Senders(() -> OneByOne.of(queue), this.setup.senders())) {
				senders.begin();
				pace.times(PART).sleep();
				double before = rate(counter, pace.times(PART));
				double after;
				long begin = System.nanoTime();
				try (Connection connection = this.setup.database().connect();
						Statement statement = connection.createStatement()) {
					connection.setAutoCommit(false);
					connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
					statement.execute("SELECT count(*) FROM pg_class");
					pace.times(1 - PART).sleep();
					after = rate(counter, pace.times(PART));
					connection.rollback();
				}
				double pinned = (System.nanoTime() - begin) / 1e9;
				counter.awaitAll(senders.finish());
				Map<Metric, Double> values = new LinkedHashMap<>();
				values.put(Metric.LOSS, 100 * (1 - after / before));
				values.put(Metric.RATE, before);
				values.put(AT_THE_END, after);
				values.put(PINNED, pinned);
				return values;
			}
		}
	}

	private static double rate(Counter counter, Pace pace) {
		long count = counter.count();
		long begin = System.nanoTime();
		pace.sleep();
		return (counter.count() - count) / ((System.nanoTime() - begin) / 1e9);
	}

}
