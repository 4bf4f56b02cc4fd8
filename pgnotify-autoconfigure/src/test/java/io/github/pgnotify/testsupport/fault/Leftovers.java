package io.github.pgnotify.testsupport.fault;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What tests have not closed when the JVM ends: it is closed then, the youngest first.
 */
final class Leftovers {

	private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();

	static {
		Runtime.getRuntime().addShutdownHook(new Thread(Leftovers::closeAll, "fault-kit-leftovers"));
	}

	private Leftovers() {
	}

	/**
	 * Remembers something that has been opened.
	 */
	static void opened(AutoCloseable closeable) {
		synchronized (OPEN) {
			OPEN.push(closeable);
		}
	}

	/**
	 * Forgets something that has been closed.
	 */
	static void closed(AutoCloseable closeable) {
		synchronized (OPEN) {
			OPEN.remove(closeable);
		}
	}

	private static void closeAll() {
		Deque<AutoCloseable> left;
		synchronized (OPEN) {
			left = new ArrayDeque<>(OPEN);
		}
		left.forEach(Leftovers::close);
	}

	private static void close(AutoCloseable closeable) {
		try {
			closeable.close();
		}
		catch (Exception ex) {
			ex.printStackTrace();
		}
	}

}
