package io.github.pgnotify.testsupport.fault;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A JVM of its own that runs a main class of the tests' class path, to be told things by
 * its standard input, watched by its standard output, and ended or frozen by signals. It
 * has the tests' seed, and a small heap if nothing else is asked for. Closing kills it,
 * with all that it has started; so does the end of this JVM. <pre class="code">
 * try (ChildJvm child = ChildJvm.of(Worker.class).systemProperty("url", url).start()) {
 *     child.awaitLine("ready");
 *     child.kill();
 * }
 * </pre>
 */
public final class ChildJvm implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final Process process;

	private final OutputLines output = new OutputLines();

	private final OutputLines errors = new OutputLines();

	private final List<Thread> readers;

	ChildJvm(ProcessBuilder builder) throws IOException {
		this.process = builder.start();
		Leftovers.opened(this);
		this.readers = List.of(read(this.process.getInputStream(), this.output, "stdout"),
				read(this.process.getErrorStream(), this.errors, "stderr"));
	}

	/**
	 * Begins to describe a child.
	 * @param mainClass what it runs
	 */
	public static Builder of(Class<?> mainClass) {
		return new Builder(mainClass);
	}

	/**
	 * Returns the id of its process.
	 */
	public long pid() {
		return this.process.pid();
	}

	/**
	 * Tells whether it has not ended, frozen or not.
	 */
	public boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Waits for a line on its standard output, after the one that the last call returned.
	 * @param regex matches the whole line
	 * @return the line
	 * @throws AssertionError if it ends without, or does not write one for a minute
	 */
	public String awaitLine(String regex) {
		String line = this.output.await(Pattern.compile(regex), PATIENCE);
		if (line == null) {
			throw new AssertionError("No line '%s' from %s, which wrote %s and %s".formatted(regex, this.process,
					this.output.all(), this.errors.all()));
		}
		return line;
	}

	/**
	 * Returns what it has written to its standard output so far.
	 */
	public List<String> lines() {
		return this.output.all();
	}

	/**
	 * Returns what it has written to its standard error so far.
	 */
	public List<String> errorLines() {
		return this.errors.all();
	}

	/**
	 * Writes a line to its standard input.
	 */
	public void writeLine(String line) {
		try {
			this.process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
			this.process.getOutputStream().flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Asks it to end: SIGTERM.
	 */
	public void terminate() {
		Signals.send("TERM", pids());
	}

	/**
	 * Ends it without asking: SIGKILL.
	 */
	public void kill() {
		Signals.send("KILL", pids());
	}

	/**
	 * Stops it where it is: SIGSTOP. It does not run any more when this returns.
	 */
	public void freeze() {
		Signals.freeze(pids());
	}

	/**
	 * Lets it run again: SIGCONT.
	 */
	public void thaw() {
		Signals.thaw(pids());
	}

	/**
	 * Waits until it has ended and all that it wrote is there.
	 * @return its exit code: 143 after SIGTERM, 137 after SIGKILL
	 * @throws AssertionError if it does not end within a minute
	 */
	public int awaitExit() {
		try {
			if (!this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				throw new AssertionError("%s does not end; it wrote %s and %s".formatted(this.process,
						this.output.all(), this.errors.all()));
			}
			for (Thread reader : this.readers) {
				reader.join(PATIENCE.toMillis());
			}
			return this.process.exitValue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		List<Long> pids = new ArrayList<>(pids());
		this.process.descendants().map(ProcessHandle::pid).forEach(pids::add);
		Signals.kill(pids);
		awaitExit();
		try {
			this.process.getOutputStream().close();
		}
		catch (IOException ex) {
			// what it did not read
		}
		Leftovers.closed(this);
	}

	/**
	 * Returns its id, unless it has ended and the id may be another process's.
	 */
	private List<Long> pids() {
		return isAlive() ? List.of(pid()) : List.of();
	}

	private Thread read(InputStream stream, OutputLines lines, String name) {
		Thread thread = new Thread(() -> {
			try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
				reader.lines().forEach(lines::add);
			}
			catch (IOException | UncheckedIOException ex) {
				// it was closed
			}
			finally {
				lines.end();
			}
		}, "child-jvm-" + pid() + "-" + name);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	/**
	 * Describes a child, and starts it.
	 */
	public static final class Builder {

		private final Class<?> mainClass;

		private final List<String> options = new ArrayList<>(
				List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dpgnotify.test.seed=" + Seed.value()));

		private final List<String> arguments = new ArrayList<>();

		private final ProcessBuilder process = new ProcessBuilder();

		private Builder(Class<?> mainClass) {
			this.mainClass = mainClass;
		}

		/**
		 * Adds arguments of the main class.
		 */
		public Builder arguments(String... arguments) {
			this.arguments.addAll(List.of(arguments));
			return this;
		}

		/**
		 * Adds options of the JVM.
		 */
		public Builder options(String... options) {
			this.options.addAll(List.of(options));
			return this;
		}

		/**
		 * Sets a system property.
		 */
		public Builder systemProperty(String name, String value) {
			return options("-D" + name + "=" + value);
		}

		/**
		 * Sets an environment variable, beside those of this JVM.
		 */
		public Builder environment(String name, String value) {
			this.process.environment().put(name, value);
			return this;
		}

		/**
		 * Starts it.
		 */
		public ChildJvm start() {
			List<String> command = new ArrayList<>();
			command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
			command.addAll(this.options);
			command.addAll(List.of("-cp", System.getProperty("java.class.path"), this.mainClass.getName()));
			command.addAll(this.arguments);
			try {
				return new ChildJvm(this.process.command(command));
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
