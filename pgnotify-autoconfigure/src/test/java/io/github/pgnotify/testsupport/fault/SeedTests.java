package io.github.pgnotify.testsupport.fault;

import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SeedTests {

	@Test
	void givesTheSameNumbersForTheSamePurpose() {
		assertThat(numbers(Seed.random("one"))).isEqualTo(numbers(Seed.random("one")))
			.isEqualTo(numbers(new Random(Seed.value("one"))))
			.isNotEqualTo(numbers(Seed.random("two")));
	}

	@Test
	void dependsOnTheSeed() {
		assertThat(Seed.derive(1, "one")).isEqualTo(Seed.derive(1, "one")).isNotEqualTo(Seed.derive(2, "one"));
	}

	@Test
	void isPrintedOnceAndRepeatsARun() {
		List<String> run = run("42");
		assertThat(run).hasSize(3).startsWith("seed=42 (repeat with -Dpgnotify.test.seed=42)");
		assertThat(run("42")).isEqualTo(run);
		assertThat(run("43").get(1)).isNotEqualTo(run.get(1));
	}

	private static List<String> run(String seed) {
		try (ChildJvm child = ChildJvm.of(RandomRun.class).systemProperty("pgnotify.test.seed", seed).start()) {
			assertThat(child.awaitExit()).isZero();
			return child.lines();
		}
	}

	private static List<Integer> numbers(Random random) {
		return random.ints(5).boxed().toList();
	}

	/**
	 * A run with something random in it.
	 */
	static final class RandomRun {

		private RandomRun() {
		}

		public static void main(String[] args) {
			Random random = Seed.random("one");
			System.out.println(numbers(random));
			System.out.println(numbers(random));
		}

	}

}
