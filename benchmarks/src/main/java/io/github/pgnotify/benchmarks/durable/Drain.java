package io.github.pgnotify.benchmarks.durable;

import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * A backlog is handled, and nothing is sent: from the first message handled until the
 * last.
 */
record Drain(QueueContender contender, QueueSetup setup) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		int backlog = Math.max(100, pace.count(this.contender.drainRate()));
		try (RunningQueue queue = this.contender.open(this.setup.withHandler(counter))) {
			queue.fill(backlog);
			this.setup.database().settle();
			queue.begin();
			long end = counter.awaitAll((long) backlog * this.setup.groups());
			return Map.of(Metric.RATE, backlog / ((end - counter.firstAt()) / 1e9));
		}
	}

}
