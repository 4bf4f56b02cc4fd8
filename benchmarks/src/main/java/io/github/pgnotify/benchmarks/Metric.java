package io.github.pgnotify.benchmarks;

/**
 * Something that is measured.
 *
 * @param name what
 * @param unit in what unit
 * @param higherIsBetter whether one wishes for more of it
 */
public record Metric(String name, String unit, boolean higherIsBetter) {

	/** How many messages per second. */
	public static final Metric RATE = new Metric("rate", "messages/s", true);

	/** How many rows per second. */
	public static final Metric ROWS = new Metric("rows", "rows/s", true);

	/** Median time of a statement of the reference, by turns, over that of one's own. */
	public static final Metric IN_TURNS = new Metric("by turns", "x", true);

	/** Median of the time a message takes. */
	public static final Metric P50 = new Metric("p50", "ms", false);

	/** One of a hundred messages takes longer. */
	public static final Metric P99 = new Metric("p99", "ms", false);

	/** One of a thousand messages takes longer. */
	public static final Metric P999 = new Metric("p99.9", "ms", false);

	/** How much slower something becomes. */
	public static final Metric LOSS = new Metric("loss", "%", false);

	/** How many statements an instance sends that has nothing to do. */
	public static final Metric STATEMENTS = new Metric("statements", "1/s each", false);

}
