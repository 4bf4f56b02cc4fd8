package io.github.pgnotify.queue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whether a delivery was ours, when the database has said so.
 */
final class Answer {

	private final CompletableFuture<Boolean> future = new CompletableFuture<>();

	/**
	 * Answers.
	 * @return whether there was no answer yet, and nobody has ceased to wait
	 */
	boolean complete(boolean ours) {
		return this.future.complete(ours);
	}

	/**
	 * Whether nobody waits any more.
	 */
	boolean isDone() {
		return this.future.isDone();
	}

	/**
	 * Waits, and withdraws the question if there is no answer in time.
	 * @param deadline by {@code System.nanoTime()}
	 */
	boolean await(long deadline) {
		try {
			return this.future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			return withdraw();
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return withdraw();
		}
	}

	/** It may have come just now. */
	private boolean withdraw() {
		return !this.future.complete(false) && this.future.join();
	}

}
