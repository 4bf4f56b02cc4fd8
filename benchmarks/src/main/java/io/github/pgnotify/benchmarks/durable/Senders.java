package io.github.pgnotify.benchmarks.durable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Threads that send, one message per transaction, as fast as they can.
 */
final class Senders implements AutoCloseable {

	private final CountDownLatch begin = new CountDownLatch(1);

	private final List<Future<Long>> counts = new ArrayList<>();

	private final ExecutorService threads;

	private volatile boolean stopped;

	/**
	 * Makes threads with what they need, and waits until they are ready.
	 */
	Senders(RunningQueue queue, int count) throws InterruptedException {
		this.threads = Executors.newFixedThreadPool(count);
		CountDownLatch ready = new CountDownLatch(count);
		for (int i = 0; i < count; i++) {
			this.counts.add(this.threads.submit(() -> send(queue, ready)));
		}
		ready.await();
	}

	/**
	 * Lets them send.
	 * @return when they began
	 */
	long begin() {
		long now = System.nanoTime();
		this.begin.countDown();
		return now;
	}

	/**
	 * Lets them finish.
	 * @return how many messages they have sent
	 */
	long finish() throws InterruptedException, ExecutionException {
		this.stopped = true;
		long sent = 0;
		for (Future<Long> count : this.counts) {
			sent += count.get();
		}
		return sent;
	}

	@Override
	public void close() {
		this.stopped = true;
		this.threads.shutdownNow();
	}

	private long send(RunningQueue queue, CountDownLatch ready) throws Exception {
		RunningQueue.Sender opened;
		try {
			opened = queue.sender();
		}
		finally {
			ready.countDown();
		}
		try (RunningQueue.Sender sender = opened) {
			this.begin.await();
			int sent = 0;
			while (!this.stopped) {
				sender.send(Payloads.text(sent));
				sent++;
			}
			return sent;
		}
	}

}
