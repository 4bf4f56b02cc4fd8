package io.github.pgnotify.benchmarks.durable;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * A backlog is handled, and each message takes a millisecond of waiting for something.
 */
record BusyDrain(QueueContender contender, QueueSetup setup) implements Trial {

	private static final Pace BUSY = new Pace(Duration.ofMillis(1));

	private static final double PER_SECOND = TimeUnit.SECONDS.toMillis(1) * 0.8;

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		int backlog = Math.max(10, pace.count(PER_SECOND * this.setup.handlers()));
		try (RunningQueue queue = this.contender.open(this.setup.withHandler((payload) -> {
			BUSY.sleep();
			counter.accept(payload);
		}))) {
			queue.fill(backlog);
			this.setup.database().settle();
			queue.begin();
			long end = counter.awaitAll(backlog);
			return Map.of(Metric.RATE, backlog / ((end - counter.firstAt()) / 1e9));
		}
	}

}
