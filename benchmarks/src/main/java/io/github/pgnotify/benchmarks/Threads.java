package io.github.pgnotify.benchmarks;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What is done with threads.
 */
public final class Threads {

	private Threads() {
	}

	/**
	 * Waits for threads to end.
	 */
	public static void join(List<Thread> threads) {
		try {
			for (Thread thread : threads) {
				thread.join();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Lets threads finish what they are at, and ends them.
	 */
	static void end(ExecutorService threads) {
		threads.shutdown();
		try {
			if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
				threads.shutdownNow();
			}
		}
		catch (InterruptedException ex) {
			threads.shutdownNow();
			Thread.currentThread().interrupt();
		}
	}

}
