package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.LongPredicate;

import org.awaitility.Awaitility;

/**
 * Sends signals to processes, on Linux.
 */
final class Signals {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private Signals() {
	}

	/**
	 * Sends a signal to each of the processes. Those that have ended are passed over.
	 * @param name name of the signal, such as {@code TERM}
	 */
	static void send(String name, Collection<Long> pids) {
		if (pids.isEmpty()) {
			return;
		}
		List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" \"$@\" 2>/dev/null", name));
		pids.forEach((pid) -> command.add(pid.toString()));
		try {
			new ProcessBuilder(command).start().waitFor();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Stops the processes where they are. None of them runs any more when this returns.
	 */
	static void freeze(Collection<Long> pids) {
		send("STOP", pids);
		awaitNone(pids, Signals::isRunning);
	}

	/**
	 * Kills the processes. None of them is there any more when this returns, unless as a
	 * zombie.
	 */
	static void kill(Collection<Long> pids) {
		send("KILL", pids);
		awaitNone(pids, (pid) -> "ZX?".indexOf(state(pid)) < 0);
	}

	/**
	 * Lets processes that were stopped run again.
	 */
	static void thaw(Collection<Long> pids) {
		send("CONT", pids);
	}

	/**
	 * Tells whether the process is there, and neither stopped nor a zombie.
	 */
	static boolean isRunning(long pid) {
		return "TtZX?".indexOf(state(pid)) < 0;
	}

	/**
	 * Returns the state of a process by the kernel's letters, or {@code '?'} if there is
	 * no such process.
	 */
	private static char state(long pid) {
		try {
			String status = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
			return status.charAt(status.lastIndexOf(')') + 2);
		}
		catch (IOException ex) {
			return '?';
		}
	}

	private static void awaitNone(Collection<Long> pids, LongPredicate condition) {
		Awaitility.await()
			.atMost(PATIENCE)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(1))
			.until(() -> pids.stream().noneMatch(condition::test));
	}

}
