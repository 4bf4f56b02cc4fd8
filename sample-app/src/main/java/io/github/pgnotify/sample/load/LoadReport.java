package io.github.pgnotify.sample.load;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

import io.github.pgnotify.sample.load.Worker.Figures;
import org.jspecify.annotations.Nullable;

/**
 * What came of a load run.
 */
final class LoadReport {

	private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT)
		.withZone(ZoneId.systemDefault());

	private final LoadProperties properties;

	private final Instant start;

	private final List<Figures> writers;

	private final List<Figures> listeners;

	private final Tally tally;

	private final Tally.Count count;

	private final int gaps;

	private final @Nullable String failure;

	LoadReport(LoadProperties properties, Instant start, Writers writers, LoadListeners listeners, Tally tally) {
		this.properties = properties;
		this.start = start;
		this.writers = figures(writers.workers());
		this.listeners = figures(listeners.workers());
		this.tally = tally;
		this.count = tally.count();
		this.gaps = listeners.gaps();
		this.failure = writers.firstFailure();
	}

	Tally.Count count() {
		return this.count;
	}

	long errors() {
		return Stream.concat(this.writers.stream(), this.listeners.stream()).mapToLong(Figures::errors).sum();
	}

	int exitCode() {
		if (this.count.missing() > 0 || this.count.duplicated() > 0) {
			return 1;
		}
		return (errors() > 0 || this.count.written() == 0) ? 2 : 0;
	}

	void print(PrintStream out) {
		out.println();
		printWorkers(out);
		out.println();
		out.printf(Locale.ROOT, "writes/s          %,12.0f%n", perSecond(this.count.written(), this.writers));
		out.printf(Locale.ROOT, "notifications/s   %,12.0f%n",
				perSecond(this.count.arrived() + this.count.duplicated(), this.listeners));
		out.print("latency in ms    ");
		DoubleStream.of(50, 90, 99, 99.9, 100)
			.forEach((percentile) -> out.printf(Locale.ROOT, "  %s %.2f",
					(percentile < 100) ? "p" + Double.toString(percentile).replace(".0", "") : "max",
					this.tally.latency(percentile) / 1000.0));
		out.println();
		out.println();
		out.printf(Locale.ROOT, "written %,d   arrived %,d   lost %,d   duplicated %,d   errors %,d   gaps %,d%n",
				this.count.written(), this.count.arrived(), this.count.missing(), this.count.duplicated(), errors(),
				this.gaps);
		if (this.failure != null) {
			out.println("The first write that failed: " + this.failure);
		}
		out.println((exitCode() == 0) ? "Everything arrived once" : "NOT everything arrived once, or something failed");
	}

	private void printWorkers(PrintStream out) {
		out.printf("%-12s %10s %10s %12s %8s %14s %14s %10s%n", this.properties.mode().name().toLowerCase(Locale.ROOT),
				"busy", "idle", "processed", "errors", "start", "end", "total");
		List<Figures> workers = new ArrayList<>(this.writers);
		workers.addAll(this.listeners);
		for (Figures each : workers) {
			out.printf(Locale.ROOT, "%-12s %8.3f s %8.3f s %,12d %,8d %14s %14s %8.3f s%n", each.worker(),
					seconds(each.busy()), seconds(each.idle()), each.processed(), each.errors(),
					CLOCK.format(each.start()), CLOCK.format(each.end()), seconds(each.total()));
		}
	}

	private double perSecond(long number, List<Figures> workers) {
		return workers.stream()
			.map(Figures::end)
			.max(Instant::compareTo)
			.map((end) -> number / seconds(Duration.between(this.start, end)))
			.orElse(0.0);
	}

	private static double seconds(Duration duration) {
		return duration.toNanos() / 1e9;
	}

	private static List<Figures> figures(List<Worker> workers) {
		return workers.stream().map(Worker::figures).filter(Objects::nonNull).toList();
	}

}
