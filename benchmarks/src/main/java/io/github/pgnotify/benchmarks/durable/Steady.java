package io.github.pgnotify.benchmarks.durable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.FixedRate;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.Percentiles;
import io.github.pgnotify.benchmarks.Trial;

/**
 * One thread sends at a fixed rate for a long time: how late messages are handled, and
 * what becomes of the table that changes most.
 */
record Steady(QueueContender contender, QueueSetup setup, int perSecond) implements Trial {

	private static final Metric TABLE = new Metric("table and indexes", "MB", false);

	private static final Metric HALFWAY = new Metric("the same halfway", "MB", false);

	private static final Metric DEAD = new Metric("dead rows", "rows", false);

	private static final Metric VACUUMS = new Metric("autovacuums", "times", true);

	private static final Metric SECONDS = new Metric("went on for", "s", true);

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		int count = Math.max(2, pace.count(this.perSecond));
		AtomicLongArray handledAt = new AtomicLongArray(count);
		Counter counter = new Counter();
		try (RunningQueue queue = this.contender.open(this.setup.withHandler((payload) -> {
			handledAt.set(Payloads.number(payload), System.nanoTime());
			counter.accept(payload);
		})); RunningQueue.Sender sender = queue.sender()) {
			queue.begin();
			this.setup.database().settle();
			double halfway = 0;
			FixedRate rate = new FixedRate(this.perSecond);
			for (int i = 0; i < count; i++) {
				rate.await(i);
				sender.send(Payloads.text(i));
				if (i == count / 2) {
					halfway = megabytes();
				}
			}
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

	private double megabytes() throws Exception {
		return query("SELECT pg_total_relation_size('" + this.contender.table() + "')") / 1e6;
	}

	private double statistic(String column) throws Exception {
		return query("SELECT " + column + " FROM pg_stat_all_tables WHERE relid = '" + this.contender.table()
				+ "'::regclass");
	}

	private double query(String sql) throws Exception {
		return Double.parseDouble(this.setup.database().queryForString(sql));
	}

}
