package io.github.pgnotify.benchmarks.live;

import java.util.Map;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Senders;
import io.github.pgnotify.benchmarks.Trial;

/**
 * A thread sends as fast as it can, and nobody listens.
 */
record Sent(LiveContender contender, LiveSetup setup, int length, int batch) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		try (Listening nobody = this.contender.open(this.setup.withListeners(0));
				Senders senders = new Senders(() -> new Publishing(nobody.publisher(), this.length, this.batch),
						this.setup.senders())) {
			long begin = senders.begin();
			pace.sleep();
			long sent = senders.finish();
			return Map.of(Metric.RATE, sent / ((System.nanoTime() - begin) / 1e9));
		}
	}

}
