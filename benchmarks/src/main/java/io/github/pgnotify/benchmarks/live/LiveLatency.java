package io.github.pgnotify.benchmarks.live;

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
 * Notifications are sent at a fixed rate: from when each should have been sent until the
 * handler is called, so that a delay counts for every message that it delays.
 */
record LiveLatency(LiveContender contender, LiveSetup setup, int perSecond, int length) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		int warmUp = this.perSecond / 5;
		int count = warmUp + pace.count(this.perSecond);
		AtomicLongArray heardAt = new AtomicLongArray(count);
		Counter counter = new Counter();
		try (Listening listening = this.contender.open(this.setup.withHandler((payload) -> {
			heardAt.set(Payloads.number(payload), System.nanoTime());
			counter.accept(payload);
		})); Publisher publisher = listening.publisher()) {
			FixedRate rate = new FixedRate(this.perSecond);
			for (int i = 0; i < count; i++) {
				String payload = Payloads.text(i, this.length);
				rate.await(i);
				publisher.publish(payload);
			}
			counter.awaitAll(count);
			long[] nanos = new long[count - warmUp];
			for (int i = 0; i < nanos.length; i++) {
				nanos[i] = heardAt.get(warmUp + i) - rate.dueAt(warmUp + i);
			}
			return Percentiles.of(nanos);
		}
	}

}
