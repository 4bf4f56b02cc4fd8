package io.github.pgnotify.benchmarks.durable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
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
			int senders = this.setup.senders();
			ExecutorService threads = Executors.newFixedThreadPool(senders);
			try {
				CountDownLatch ready = new CountDownLatch(senders + 1);
				long[] endAt = new long[1];
				List<Callable<Integer>> tasks = new ArrayList<>();
				List<Future<Integer>> counts = new ArrayList<>();
				for (int i = 0; i < senders; i++) {
					tasks.add(() -> send(queue, ready, endAt));
				}
				tasks.forEach((task) -> counts.add(threads.submit(task)));
				while (ready.getCount() > 1) {
					Thread.onSpinWait();
				}
				long begin = System.nanoTime();
				endAt[0] = begin + pace.time().toNanos();
				ready.countDown();
				long sent = 0;
				for (Future<Integer> count : counts) {
					sent += count.get();
				}
				long end = counter.awaitAll(sent * this.setup.groups());
				return Map.of(Metric.RATE, sent / ((end - begin) / 1e9));
			}
			finally {
				threads.shutdownNow();
			}
		}
	}

	private static int send(RunningQueue queue, CountDownLatch ready, long[] endAt) throws Exception {
		try (RunningQueue.Sender sender = queue.sender()) {
			ready.countDown();
			ready.await();
			int sent = 0;
			while (System.nanoTime() - endAt[0] < 0) {
				sender.send(Payloads.text(sent));
				sent++;
			}
			return sent;
		}
	}

}
