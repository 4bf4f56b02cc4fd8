package io.github.pgnotify.sample;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The sample in a JVM of its own.
 */
final class SampleProcess implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final Process process;

	private final Thread reader;

	private final Collection<String> output = new ConcurrentLinkedQueue<>();

	private SampleProcess(Process process) {
		this.process = process;
		this.reader = new Thread(this::read, "output of " + process.pid());
		this.reader.setDaemon(true);
		this.reader.start();
	}

	static SampleProcess start(Path data, String... moreArguments) throws IOException {
		return start(0, data, moreArguments);
	}

	static SampleProcess start(int port, Path data, String... moreArguments) throws IOException {
		return launch(List.of("--server.port=" + port, "--sample.postgres.data-directory=" + data), moreArguments);
	}

	static SampleProcess load(String... moreArguments) throws IOException {
		return launch(List.of("load"), moreArguments);
	}

	private static SampleProcess launch(List<String> arguments, String... moreArguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", classPath(), SampleApplication.class.getName()));
		command.addAll(arguments);
		command.addAll(List.of(moreArguments));
		return new SampleProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
	}

	SampleProcess awaitReady() {
		awaitOutput("curl -d");
		return this;
	}

	void awaitOutput(String part) {
		await().atMost(PATIENCE).alias(part).until(() -> !this.reader.isAlive() || said(part));
		assertThat(this.output).anyMatch((line) -> line.contains(part));
	}

	private boolean said(String part) {
		return this.output.stream().anyMatch((line) -> line.contains(part));
	}

	/**
	 * Finds something in the output so far.
	 * @param regex what to look for
	 * @return what its first group is
	 */
	String find(String regex) {
		return this.output.stream()
			.flatMap((line) -> Pattern.compile(regex).matcher(line).results())
			.map((MatchResult match) -> match.group(1))
			.findFirst()
			.orElseThrow();
	}

	/**
	 * Asks it to end, as {@code kill} does.
	 */
	void terminate() {
		// Not the process itself, which would close its output unread
		this.process.toHandle().destroy();
	}

	/**
	 * Kills it, as {@code kill -9} does.
	 */
	void kill() {
		this.process.toHandle().destroyForcibly();
	}

	int awaitExit() throws InterruptedException {
		assertThat(this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		return this.process.exitValue();
	}

	@Override
	public void close() {
		this.process.destroy();
		this.process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
	}

	// As it runs outside of tests
	private static String classPath() {
		return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
			.filter((entry) -> !Path.of(entry).endsWith("test-classes"))
			.collect(Collectors.joining(File.pathSeparator));
	}

	private void read() {
		try (BufferedReader reader = new BufferedReader(
				new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8))) {
			reader.lines().forEach(this.output::add);
		}
		catch (IOException ex) {
			this.output.add(ex.toString());
		}
	}

}
