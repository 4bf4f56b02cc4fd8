package io.github.pgnotify.benchmarks.report;

import java.util.Locale;

/**
 * Numbers as people read them.
 */
final class Numbers {

	private Numbers() {
	}

	/**
	 * Returns a number with three digits that mean something.
	 */
	static String text(double value) {
		if (!Double.isFinite(value)) {
			return "-";
		}
		double absolute = Math.abs(value);
		if (absolute == Math.rint(absolute)) {
			return "%,.0f".formatted(value);
		}
		String format = (absolute >= 100) ? "%,.0f" : (absolute >= 10) ? "%.1f" : (absolute >= 1) ? "%.2f" : "%.3f";
		return format.formatted(value);
	}

	static String ratio(double value) {
		return !Double.isFinite(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
	}

}
