package io.github.pgnotify.testsupport.fault;

import java.util.Random;
import java.util.SplittableRandom;

/**
 * The seed of all that is random in this run of the tests: new each time, and printed
 * when it is first used, or the value of the system property {@code pgnotify.test.seed}
 * to repeat a run.
 */
public final class Seed {

	private static final String PROPERTY = "pgnotify.test.seed";

	private static final long VALUE = Long.getLong(PROPERTY, new Random().nextInt(1_000_000_000));

	static {
		System.out.println("seed=" + VALUE + " (repeat with -D" + PROPERTY + "=" + VALUE + ")");
	}

	private Seed() {
	}

	/**
	 * Returns the seed.
	 */
	public static long value() {
		return VALUE;
	}

	/**
	 * Returns a seed for one purpose, which is the same in every run with the same seed
	 * whatever else is random in it.
	 * @param purpose what for
	 */
	public static long value(String purpose) {
		return derive(VALUE, purpose);
	}

	/**
	 * Returns a source of randomness for one purpose. Its numbers are the same in every
	 * run with the same seed, whatever else is random in it: one for each thread, then,
	 * if they are to be repeatable.
	 * @param purpose what for
	 */
	public static Random random(String purpose) {
		return new Random(value(purpose));
	}

	/**
	 * Seeds that are close to each other would make numbers that are alike.
	 */
	static long derive(long seed, String purpose) {
		return new SplittableRandom(seed ^ ((long) purpose.hashCode() << Integer.SIZE)).nextLong();
	}

}
