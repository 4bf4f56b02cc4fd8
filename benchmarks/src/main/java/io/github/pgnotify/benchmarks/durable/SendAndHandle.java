package io.github.pgnotify.benchmarks.durable;

import java.util.Map;

import io.github.pgnotify.benchmarks.Counter;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Senders;
import io.github.pgnotify.benchmarks.Trial;

/**
 * Threads send as fast as they can, one message per transaction, while messages are
 * handled: from the first send until the last message is handled.
 */
record SendAndHandle(QueueContender contender, QueueSetup setup) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Counter counter = new Counter();
		try (RunningQueue queue = this.contender.open(this.setup.withHandler(counter))) {
			queue.begin();
			this.setup.database().settle();
			try (Senders senders = new Senders(() -> OneByOne.of(queue), this.setup.senders())) {
				long begin = senders.begin();
				pace.sleep();
				long sent = senders.finish();
				long end = counter.awaitAll(sent * this.setup.groups());
				return Map.of(Metric.RATE, sent / ((end - begin) / 1e9));
			}
		}
	}

}
