package io.github.pgnotify.benchmarks.live;

import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Senders;
import io.github.pgnotify.benchmarks.Trial;

/**
 * Threads send as fast as they can: from the first notification sent until every listener
 * has heard the last one.
 *
 * @param contender who listens
 * @param setup how
 * @param length characters of a payload
 * @param batch how many are sent in a transaction
 */
record Received(LiveContender contender, LiveSetup setup, int length, int batch) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		try (Listening listening = this.contender.open(this.setup.withHandler(counter));
				Senders senders = new Senders(() -> new Publishing(listening.publisher(), this.length, this.batch),
						this.setup.senders())) {
			long begin = senders.begin();
			pace.sleep();
			long sent = senders.finish();
			long end = counter.awaitAll(sent * this.setup.listeners());
			return Map.of(Metric.RATE, sent / ((end - begin) / 1e9));
		}
	}

}
