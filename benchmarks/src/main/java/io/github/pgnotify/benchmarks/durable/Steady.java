package io.github.pgnotify.benchmarks.durable;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.FixedRate;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.Percentiles;
import io.github.pgnotify.benchmarks.Trial;

/**
 * A few threads send at a fixed rate for a long time: how late messages are handled, and
 * what becomes of the table that changes most.
 *
 * @param contender whose
 * @param setup how
 * @param perSecond how many messages all threads send together
 */
record Steady(QueueContender contender, QueueSetup setup, int perSecond) implements Trial {

	private static final Metric TABLE = new Metric("table and indexes", "MB", false);

	private static final Metric HALFWAY = new Metric("the same halfway", "MB", false);

	private static final Metric DEAD = new Metric("dead rows", "rows", false);

	private static final Metric VACUUMS = new Metric("autovacuums", "times", true);

	private static final Metric SECONDS = new Metric("went on for", "s", true);

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		int count = Math.max(2 * this.setup.senders(), pace.count(this.perSecond));
		AtomicLongArray handledAt = new AtomicLongArray(count);
		Counter counter = new Counter();
		try (RunningQueue queue = this.contender.open(this.setup.withHandler((payload) -> {
			handledAt.set(Payloads.number(payload), System.nanoTime());
			counter.accept(payload);
		}))) {
			queue.begin();
			this.setup.database().settle();
			FixedRate rate = new FixedRate(this.perSecond);
			double halfway = send(queue, rate, count);
			counter.awaitAll(count);
			long[] nanos = new long[count];
			for (int i = 0; i < count; i++) {
				nanos[i] = handledAt.get(i) - rate.dueAt(i);
			}
			Map<Metric, Double> values = new LinkedHashMap<>(Percentiles.of(nanos));
			values.put(TABLE, megabytes());
			values.put(HALFWAY, halfway);
			values.put(DEAD, statistic("n_dead_tup"));
			values.put(VACUUMS, statistic("autovacuum_count"));
			values.put(SECONDS, count / (double) this.perSecond);
			return values;
		}
	}

	/**
	 * Has the threads send, each of them every so many'th message.
	 * @return how large the table is halfway
	 */
	private double send(RunningQueue queue, FixedRate rate, int count) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(this.setup.senders());
		try {
			List<Future<?>> senders = new ArrayList<>();
			for (int first = 0; first < this.setup.senders(); first++) {
				int begin = first;
				senders.add(threads.submit(() -> {
					send(queue, rate, begin, count);
					return null;
				}));
			}
			rate.await(count / 2);
			double halfway = megabytes();
			for (Future<?> sender : senders) {
				sender.get();
			}
			return halfway;
		}
		finally {
			threads.shutdownNow();
		}
	}

	private void send(RunningQueue queue, FixedRate rate, int first, int count) throws Exception {
		try (RunningQueue.Sender sender = queue.sender()) {
			for (int i = first; i < count; i += this.setup.senders()) {
				rate.await(i);
				sender.send(Payloads.text(i));
			}
		}
	}

	private double megabytes() throws SQLException {
		return query("SELECT pg_total_relation_size('" + this.contender.table() + "')") / 1e6;
	}

	private double statistic(String column) throws SQLException {
		return query("SELECT " + column + " FROM pg_stat_all_tables WHERE relid = '" + this.contender.table()
				+ "'::regclass");
	}

	private double query(String sql) throws SQLException {
		return Double.parseDouble(this.setup.database().queryForString(sql));
	}

}
