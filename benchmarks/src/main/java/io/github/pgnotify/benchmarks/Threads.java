package io.github.pgnotify.benchmarks;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What is done with threads.
 */
final class Threads {

	private Threads() {
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
