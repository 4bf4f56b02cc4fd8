package io.github.pgnotify.testsupport.fault;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.Driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(120)
class ChildJvmTests {

	@Test
	void runsAMainClassOfTheTestsWithWhatItIsGiven() {
		try (ChildJvm child = ChildJvm.of(Echo.class)
			.arguments("an argument")
			.systemProperty("some.property", "its value")
			.environment("SOME_VARIABLE", "its content")
			.start()) {
			child.awaitLine("ready");
			assertThat(child.lines()).contains("an argument", "its value", "its content", Long.toString(Seed.value()),
					"org.postgresql.Driver");
			child.writeLine("hello");
			assertThat(child.awaitLine("echo .*")).isEqualTo("echo hello");
			child.writeLine("exit");
			assertThat(child.awaitExit()).isEqualTo(7);
			assertThat(child.lines()).last().isEqualTo("bye");
			assertThat(child.errorLines()).contains("an error");
			assertThat(child.isAlive()).isFalse();
		}
	}

	@Test
	void looksForALineAfterTheLastOne() {
		try (ChildJvm child = ChildJvm.of(Echo.class).arguments("x").start()) {
			child.awaitLine("ready");
			child.writeLine("1");
			child.writeLine("2");
			assertThat(child.awaitLine("echo .*")).isEqualTo("echo 1");
			assertThat(child.awaitLine("echo .*")).isEqualTo("echo 2");
			child.writeLine("exit");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> child.awaitLine("echo .*"))
				.withMessageContaining("an error");
		}
	}

	@Test
	void endsBySignals() {
		try (ChildJvm asked = ChildJvm.of(Echo.class).arguments("x").start();
				ChildJvm killed = ChildJvm.of(Echo.class).arguments("x").start()) {
			asked.awaitLine("ready");
			asked.terminate();
			assertThat(asked.awaitExit()).isEqualTo(143);
			assertThat(asked.lines()).last().isEqualTo("shutdown hook");
			killed.awaitLine("ready");
			killed.kill();
			assertThat(killed.awaitExit()).isEqualTo(137);
			assertThat(killed.lines()).last().isEqualTo("ready");
		}
	}

	@Test
	void freezesAndThaws() throws Exception {
		try (ChildJvm child = ChildJvm.of(Echo.class).arguments("x").start()) {
			child.awaitLine("ready");
			child.freeze();
			child.writeLine("hello");
			assertThat(child.isAlive()).isTrue();
			assertThat(ProcessHandle.of(child.pid()).orElseThrow().onExit()).isNotDone();
			assertThat(Signals.isRunning(child.pid())).isFalse();
			assertThat(child.lines()).last().isEqualTo("ready");
			child.thaw();
			child.awaitLine("echo hello");
		}
	}

	@Test
	void closingLeavesNothingBehind() {
		ChildJvm child = ChildJvm.of(Parent.class).start();
		long grandchild = Long.parseLong(child.awaitLine("\\d+"));
		child.freeze();
		child.close();
		assertThat(ProcessHandle.of(child.pid())).isEmpty();
		assertThat(Signals.isRunning(grandchild)).isFalse();
		assertThat(Thread.getAllStackTraces().keySet())
			.noneMatch((thread) -> thread.getName().startsWith("child-jvm-" + child.pid()));
	}

	@Test
	void theEndOfTheJvmEndsItsChildren() {
		try (ChildJvm child = ChildJvm.of(Parent.class).start()) {
			long grandchild = Long.parseLong(child.awaitLine("\\d+"));
			assertThat(Signals.isRunning(grandchild)).isTrue();
			child.terminate();
			assertThat(child.awaitExit()).isEqualTo(143);
			assertThat(Signals.isRunning(grandchild)).isFalse();
		}
	}

	/**
	 * Repeats what it is told.
	 */
	static final class Echo {

		private Echo() {
		}

		public static void main(String[] args) throws IOException {
			Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("shutdown hook")));
			System.out.println(args[0]);
			System.out.println(System.getProperty("some.property"));
			System.out.println(System.getenv("SOME_VARIABLE"));
			System.out.println(System.getProperty("pgnotify.test.seed"));
			System.out.println(Driver.class.getName());
			System.err.println("an error");
			System.out.println("ready");
			BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
			String line = in.readLine();
			while (!line.equals("exit")) {
				System.out.println("echo " + line);
				line = in.readLine();
			}
			System.out.println("bye");
			Runtime.getRuntime().halt(7);
		}

	}

	/**
	 * Has a child.
	 */
	static final class Parent {

		private Parent() {
		}

		public static void main(String[] args) {
			ChildJvm child = ChildJvm.of(Echo.class).arguments("x").start();
			child.awaitLine("ready");
			System.out.println(child.pid());
			child.awaitExit();
		}

	}

}
