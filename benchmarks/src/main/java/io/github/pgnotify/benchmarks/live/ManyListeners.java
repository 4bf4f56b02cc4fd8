package io.github.pgnotify.benchmarks.live;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.Trial;

/**
 * A thread sends as fast as it can while many listen: how fast it can send, and how fast
 * all of them hear everything.
 */
record ManyListeners(LiveContender contender, LiveSetup setup, int length) implements Trial {

	private static final Metric HEARD = new Metric("heard by all", "messages/s", true);

	/** What is sent waits in memory for those who are behind. */
	private static final int MOST_DELIVERIES = 2_000_000;

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		int listeners = this.setup.listeners();
		try (Listening listening = this.contender.open(this.setup.withHandler(counter));
				Publisher publisher = listening.publisher()) {
			long begin = System.nanoTime();
			int sent = 0;
			while (System.nanoTime() - begin < pace.time().toNanos() && sent < MOST_DELIVERIES / listeners) {
				publisher.publish(Payloads.text(sent, this.length));
				sent++;
			}
			long sentAt = System.nanoTime();
			long heardAt = counter.awaitAll((long) sent * listeners);
			Map<Metric, Double> values = new LinkedHashMap<>();
			values.put(Metric.RATE, sent / ((sentAt - begin) / 1e9));
			values.put(HEARD, sent / ((heardAt - begin) / 1e9));
			return values;
		}
	}

}
