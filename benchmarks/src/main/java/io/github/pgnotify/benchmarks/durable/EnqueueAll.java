package io.github.pgnotify.benchmarks.durable;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.Trial;

/**
 * One thread stores messages for one group, many in a transaction, while nobody handles
 * any.
 */
record EnqueueAll(QueueContender contender, QueueSetup setup, int batch) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		List<String> payloads = IntStream.range(0, this.batch).mapToObj(Payloads::text).toList();
		try (RunningQueue queue = this.contender.open(this.setup); RunningQueue.Sender sender = queue.sender()) {
			sender.sendAll(payloads);
			this.setup.database().settle();
			long begin = System.nanoTime();
			long sent = 0;
			while (System.nanoTime() - begin < pace.time().toNanos()) {
				sender.sendAll(payloads);
				sent += this.batch;
			}
			return Map.of(Metric.RATE, sent / ((System.nanoTime() - begin) / 1e9));
		}
	}

}
