package io.github.pgnotify.benchmarks.durable;

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
 * Messages are sent at a fixed rate by one thread: from when each should have been sent
 * until it is handled, so that a delay counts for every message that it delays.
 */
record Latency(QueueContender contender, QueueSetup setup, int perSecond) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		int warmUp = this.perSecond / 5;
		int count = warmUp + pace.count(this.perSecond);
		AtomicLongArray handledAt = new AtomicLongArray(count);
		Counter counter = new Counter();
		try (RunningQueue queue = this.contender.open(this.setup.withHandler((payload) -> {
			handledAt.set(Payloads.number(payload), System.nanoTime());
			counter.accept(payload);
		})); RunningQueue.Sender sender = queue.sender()) {
			queue.begin();
			this.setup.database().settle();
			FixedRate rate = new FixedRate(this.perSecond);
			for (int i = 0; i < count; i++) {
				rate.await(i);
				sender.send(Payloads.text(i));
			}
			counter.awaitAll(count);
			long[] nanos = new long[count - warmUp];
			for (int i = 0; i < nanos.length; i++) {
				nanos[i] = handledAt.get(warmUp + i) - rate.dueAt(warmUp + i);
			}
			return Percentiles.of(nanos);
		}
	}

}
