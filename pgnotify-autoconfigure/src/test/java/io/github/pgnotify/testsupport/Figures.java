package io.github.pgnotify.testsupport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a test measures: printed, never a reason to fail. With
 * {@code -Dpgnotify.test.full=true} tests do as much as the figures in the documents are
 * made of, otherwise enough to notice when something breaks.
 */
public final class Figures {

	private static final boolean FULL = Boolean.getBoolean("pgnotify.test.full");

	private final String name;

	private final List<Duration> durations = new ArrayList<>();

	/**
	 * Creates an empty series.
	 */
	public Figures(String name) {
		this.name = name;
	}

	/**
	 * Returns how often to do something.
	 */
	public static int count(int shortForm, int full) {
		return FULL ? full : shortForm;
	}

	/**
	 * Prints a single figure.
	 */
	public static void print(String name, Object value) {
		System.out.println("FIGURE " + name + ": " + value);
	}

	/**
	 * Adds a measurement.
	 */
	public void add(Duration duration) {
		this.durations.add(duration);
	}

	/**
	 * Returns how many measurements there are.
	 */
	public int count() {
		return this.durations.size();
	}

	/**
	 * Prints count, median, 99th percentile and maximum.
	 */
	public void print() {
		List<Duration> sorted = new ArrayList<>(this.durations);
		Collections.sort(sorted);
		print(this.name, "n=" + sorted.size() + " p50=" + at(sorted, 0.5) + " p99=" + at(sorted, 0.99) + " max="
				+ at(sorted, 1));
	}

	private static String at(List<Duration> sorted, double quantile) {
		Duration duration = sorted.get((int) Math.ceil(quantile * sorted.size()) - 1);
		return "%.2f ms".formatted(duration.toNanos() / 1e6);
	}

}
