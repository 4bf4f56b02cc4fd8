package io.github.pgnotify.sample.load;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.pgnotify.PgNotifyOperations;
import org.jspecify.annotations.Nullable;

/**
 * Write rows, each as fast as it can or all together at a rate, until there are enough or
 * the time is up.
 */
final class Writers {

	/** After a failed write, so that a database that is away is not asked in a loop. */
	private static final long PAUSE_NANOS = 100_000_000;

	private final LoadProperties properties;

	private final PgNotifyOperations template;

	private final Tally tally;

	private final List<Worker> workers;

	private final CountDownLatch unfinished;

	private final AtomicInteger nextRow = new AtomicInteger();

	private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

	private volatile long startNanos;

	private volatile boolean stopped;

	Writers(LoadProperties properties, PgNotifyOperations template, Tally tally) {
		this.properties = properties;
		this.template = template;
		this.tally = tally;
		this.workers = IntStream.rangeClosed(1, properties.writers())
			.mapToObj((number) -> new Worker("writer " + number))
			.toList();
		this.unfinished = new CountDownLatch(properties.writers());
	}

	void start() {
		this.startNanos = System.nanoTime();
		for (int i = 0; i < this.workers.size(); i++) {
			Worker worker = this.workers.get(i);
			Thread thread = new Thread(() -> run(worker), "writer-" + (i + 1));
			thread.setDaemon(true);
			thread.start();
		}
	}

	void stop() {
		this.stopped = true;
	}

	/**
	 * Waits for all of them to end.
	 * @return whether they have
	 */
	boolean await(Duration timeout) throws InterruptedException {
		return this.unfinished.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Whether they should have ended that long ago.
	 */
	boolean isOverdue(Duration by) {
		Duration duration = this.properties.duration();
		return duration != null && elapsed() > duration.plus(by).toNanos();
	}

	List<Worker> workers() {
		return this.workers;
	}

	/**
	 * How much of it is done.
	 * @return from 0 to 1
	 */
	double progress() {
		double ofRows = (this.properties.rows() != null) ? (double) this.nextRow.get() / this.properties.rows() : 0;
		Duration duration = this.properties.duration();
		double ofTime = (duration != null) ? (double) elapsed() / duration.toNanos() : 0;
		return Math.min(1, Math.max(ofRows, ofTime));
	}

	/**
	 * What the first failed write failed for.
	 */
	@Nullable String firstFailure() {
		return this.failures.peek();
	}

	private void run(Worker worker) {
		try {
			for (int number = next(); number >= 0; number = next()) {
				write(worker, number);
			}
		}
		finally {
			this.unfinished.countDown();
		}
	}

	private int next() {
		if (this.stopped || isOver()) {
			return -1;
		}
		int number = this.nextRow.getAndUpdate((last) -> Math.min(last + 1, this.properties.mostRows()));
		return (number < this.properties.mostRows()) ? number : -1;
	}

	private boolean isOver() {
		Duration duration = this.properties.duration();
		return duration != null && elapsed() >= duration.toNanos();
	}

	private long elapsed() {
		return System.nanoTime() - this.startNanos;
	}

	private void write(Worker worker, int number) {
		// At a rate, a row that has to wait for its writer is late from when it was due
		Row row = Row.of(number, awaitTurn(number), this.properties.payloadBytes());
		try {
			worker.work(() -> this.properties.mode().write(this.template, this.properties.channel(), row));
			this.tally.written(row);
		}
		catch (RuntimeException ex) {
			if (this.failures.isEmpty()) {
				this.failures.add(String.valueOf(ex.getMessage()));
			}
			LockSupport.parkNanos(PAUSE_NANOS);
		}
	}

	private long awaitTurn(int number) {
		Integer rate = this.properties.rate();
		if (rate == null) {
			return System.nanoTime();
		}
		long due = this.startNanos + number * 1_000_000_000L / rate;
		for (long wait = due - System.nanoTime(); wait > 0 && !this.stopped; wait = due - System.nanoTime()) {
			LockSupport.parkNanos(wait);
		}
		return due;
	}

}
