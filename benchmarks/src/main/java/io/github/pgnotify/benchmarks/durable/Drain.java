package io.github.pgnotify.benchmarks.durable;

import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * A backlog is handled, and nothing is sent: from the first message handled until the
 * last. How large the backlog is to be is learnt from the trial before.
 */
final class Drain implements Trial {

	private static final int LEAST = 100;

	/** The first trial may turn out to be so much shorter, rather than much longer. */
	private static final double CAUTION = 0.3;

	private final QueueContender contender;

	private final QueueSetup setup;

	private double rate;

	Drain(QueueContender contender, QueueSetup setup) {
		this.contender = contender;
		this.setup = setup;
		this.rate = contender.drainRate() * CAUTION;
	}

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		int backlog = Math.max(LEAST, pace.count(this.rate));
		try (RunningQueue queue = this.contender.open(this.setup.withHandler(counter))) {
			queue.fill(backlog);
			this.setup.database().settle();
			queue.begin();
			long end = counter.awaitAll((long) backlog * this.setup.groups());
			this.rate = backlog / ((end - counter.firstAt()) / 1e9);
			return Map.of(Metric.RATE, this.rate);
		}
	}

}
