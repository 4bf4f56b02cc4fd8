package io.github.pgnotify.benchmarks.durable;

import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * So many messages wait, few of them are claimed at a time, and nothing is sent: how fast
 * the first of them are handled. Only claiming could depend on how many wait.
 *
 * @param contender whose
 * @param setup how
 * @param waiting how many messages wait when all has been counted
 */
record Backlog(QueueContender contender, QueueSetup setup, int waiting) implements Trial {

	private static final int WARM_UP = 20_000;

	private static final int COUNTED = 20_000;

	private static final int SMOKE_PART = 20;

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		int part = pace.isBrief() ? SMOKE_PART : 1;
		int warmUp = WARM_UP / part;
		int counted = COUNTED / part;
		Counter counter = new Counter();
		try (RunningQueue queue = this.contender.open(this.setup.withHandler(counter))) {
			queue.fill((this.waiting / part) + warmUp + counted);
			this.setup.database().settle();
			queue.begin();
			long begin = counter.awaitAtLeast(warmUp);
			long before = counter.count();
			long end = counter.awaitAtLeast(warmUp + counted);
			return Map.of(Metric.RATE, (counter.count() - before) / ((end - begin) / 1e9));
		}
	}

}
