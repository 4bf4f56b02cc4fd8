package io.github.pgnotify.sample.postgres;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for processes to end, its own or others'.
 */
final class ProcessEnd {

	private ProcessEnd() {
	}

	/**
	 * Waits for a process to end.
	 * @param process which
	 * @param patience how long
	 * @return whether it has ended
	 */
	static boolean within(ProcessHandle process, Duration patience) {
		try {
			process.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
			return true;
		}
		catch (TimeoutException | ExecutionException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

}
