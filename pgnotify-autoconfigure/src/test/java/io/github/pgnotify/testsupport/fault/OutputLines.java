package io.github.pgnotify.testsupport.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The lines that a process writes. For any number of threads.
 */
final class OutputLines {

	private final List<String> lines = new ArrayList<>();

	/**
	 * How many of them have been looked at.
	 */
	private int position;

	private boolean ended;

	synchronized void add(String line) {
		this.lines.add(line);
		notifyAll();
	}

	synchronized void end() {
		this.ended = true;
		notifyAll();
	}

	synchronized List<String> all() {
		return new ArrayList<>(this.lines);
	}

	/**
	 * Waits for a line, after the one that the last call returned.
	 * @param pattern matches the whole line
	 * @return the line, or {@code null} if there is none in time and if none can come
	 */
	synchronized @Nullable String await(Pattern pattern, Duration patience) {
		long deadline = System.nanoTime() + patience.toNanos();
		int next = this.position;
		while (true) {
			while (next < this.lines.size()) {
				String line = this.lines.get(next++);
				if (pattern.matcher(line).matches()) {
					this.position = next;
					return line;
				}
			}
			long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (this.ended || left <= 0) {
				return null;
			}
			awaitChange(left);
		}
	}

	private void awaitChange(long millis) {
		try {
			wait(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
