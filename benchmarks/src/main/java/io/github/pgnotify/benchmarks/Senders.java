package io.github.pgnotify.benchmarks;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Threads that send as fast as they can.
 */
public final class Senders implements AutoCloseable {

	private final CountDownLatch begin = new CountDownLatch(1);

	private final List<Future<Long>> counts = new ArrayList<>();

	private final ExecutorService threads;

	private volatile boolean stopped;

	/**
	 * Makes threads with what they need, and waits until they are ready.
	 * @param opening makes what a thread sends with
	 * @param count how many threads
	 */
	public Senders(Callable<? extends Sender> opening, int count) throws InterruptedException {
		this.threads = Executors.newFixedThreadPool(count);
		CountDownLatch ready = new CountDownLatch(count);
		for (int i = 0; i < count; i++) {
			this.counts.add(this.threads.submit(() -> send(opening, ready)));
		}
		ready.await();
	}

	/**
	 * Lets them send.
	 * @return when they began
	 */
	public long begin() {
		long now = System.nanoTime();
		this.begin.countDown();
		return now;
	}

	/**
	 * Lets them finish.
	 * @return how many messages they have sent
	 */
	public long finish() throws InterruptedException, ExecutionException {
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

	private long send(Callable<? extends Sender> opening, CountDownLatch ready) throws Exception {
		Sender opened;
		try {
			opened = opening.call();
		}
		finally {
			ready.countDown();
		}
		try (Sender sender = opened) {
			this.begin.await();
			int sent = 0;
			while (!this.stopped) {
				sent += sender.send(sent);
			}
			return sent;
		}
	}

	/**
	 * Sends.
	 */
	public interface Sender extends AutoCloseable {

		/**
		 * Sends a message, or some.
		 * @param number of the first of them
		 * @return how many
		 */
		int send(int number) throws Exception;

		@Override
		void close() throws SQLException;

	}

}
