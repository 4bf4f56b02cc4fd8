package io.github.pgnotify.sample.load;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

import io.github.pgnotify.PgNotifyOperations;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.ExitCodeGenerator;

/**
 * Has rows written, waits until they have arrived, and says what came of it.
 */
class LoadRun implements ApplicationRunner, ExitCodeGenerator, DisposableBean {

	private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(1);

	private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

	/** What arrives twice may do so a moment after all is there. */
	private static final Duration QUIET = Duration.ofMillis(500);

	/** A write that hangs hangs until its statement or connection times out. */
	private static final Duration LAST_WRITES = Duration.ofSeconds(60);

	private static final int BAR = 20;

	private final LoadProperties properties;

	private final Writers writers;

	private final LoadListeners listeners;

	private final Tally tally;

	private final LoadDatabase database;

	private final PrintStream out = System.out;

	private @Nullable LoadReport report;

	private Tally.Count shown = new Tally.Count(0, 0, 0, 0);

	private long shownAt;

	LoadRun(LoadProperties properties, PgNotifyOperations template, LoadListeners listeners, Tally tally,
			LoadDatabase database) {
		this.properties = properties;
		this.writers = new Writers(properties, template, tally);
		this.listeners = listeners;
		this.tally = tally;
		this.database = database;
	}

	@Override
	public void run(ApplicationArguments args) throws InterruptedException {
		this.database.remember();
		if (this.properties.mode() == LoadMode.STORED) {
			this.listeners.awaitGroup();
		}
		this.out.println("Writing " + this.properties.mode().text() + " to " + this.database.describe());
		Instant start = Instant.now();
		this.shownAt = System.nanoTime();
		this.writers.start();
		while (!this.writers.await(PROGRESS_INTERVAL)) {
			showProgress();
			if (this.writers.isOverdue(LAST_WRITES)) {
				this.out.println("A write hangs, and is not waited for any longer");
				break;
			}
		}
		awaitArrivals();
		LoadReport report = new LoadReport(this.properties, start, this.writers, this.listeners, this.tally);
		report.print(this.out);
		this.report = report;
	}

	@Override
	public int getExitCode() {
		return (this.report != null) ? this.report.exitCode() : 1;
	}

	/**
	 * Also if it is interrupted.
	 */
	@Override
	public void destroy() throws InterruptedException {
		this.writers.stop();
		this.writers.await(Duration.ofSeconds(5));
		this.database.cleanUp(this.properties);
	}

	/**
	 * Until all rows are there, or nothing has come for so long that nothing will.
	 */
	private void awaitArrivals() throws InterruptedException {
		Tally.Count last = this.tally.count();
		long news = System.nanoTime();
		while (elapsedSince(news).compareTo((last.missing() == 0) ? QUIET : this.properties.patience()) < 0) {
			if (this.tally.awaitNews(last, LOOK_INTERVAL)) {
				last = this.tally.count();
				news = System.nanoTime();
			}
			if (elapsedSince(this.shownAt).compareTo(PROGRESS_INTERVAL) >= 0) {
				showProgress();
			}
		}
	}

	private void showProgress() {
		Tally.Count count = this.tally.count();
		double seconds = elapsedSince(this.shownAt).toNanos() / 1e9;
		double progress = this.writers.progress();
		int done = (int) (progress * BAR);
		this.out.printf(Locale.ROOT,
				"[%s%s] %3.0f %%  written %,d (%,.0f/s)  arrived %,d (%,.0f/s)  under way %,d  duplicated %,d%n",
				"#".repeat(done), "-".repeat(BAR - done), 100 * progress, count.written(),
				(count.written() - this.shown.written()) / seconds, count.arrived(),
				(count.arrived() - this.shown.arrived()) / seconds, count.missing(), count.duplicated());
		this.shown = count;
		this.shownAt = System.nanoTime();
	}

	private static Duration elapsedSince(long nanos) {
		return Duration.ofNanos(System.nanoTime() - nanos);
	}

}
