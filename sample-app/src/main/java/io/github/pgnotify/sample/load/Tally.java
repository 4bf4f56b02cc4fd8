package io.github.pgnotify.sample.load;

import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;

import org.HdrHistogram.Histogram;

/**
 * What was written and what arrived, row by row: finds what was lost and what arrived
 * more than once. Thread-safe.
 */
class Tally {

	private final BitSet written = new BitSet();

	private final BitSet arrived = new BitSet();

	// In microseconds
	private final Histogram latencies = new Histogram(3);

	private long duplicated;

	/**
	 * A row is committed.
	 */
	synchronized void written(Row row) {
		this.written.set(row.number());
		notifyAll();
	}

	/**
	 * A listener has got a row, which may be known here before its writer knows that it
	 * is committed.
	 */
	synchronized void arrived(Row row) {
		notifyAll();
		if (this.arrived.get(row.number())) {
			this.duplicated++;
			return;
		}
		this.arrived.set(row.number());
		this.latencies.recordValue(TimeUnit.NANOSECONDS.toMicros(Math.max(0, System.nanoTime() - row.sentAt())));
	}

	/**
	 * How it stands.
	 */
	synchronized Count count() {
		BitSet missing = (BitSet) this.written.clone();
		missing.andNot(this.arrived);
		return new Count(this.written.cardinality(), this.arrived.cardinality(), missing.cardinality(),
				this.duplicated);
	}

	/**
	 * Waits until it stands otherwise.
	 * @param known how it stood
	 * @param timeout how long to wait
	 * @return whether it does
	 */
	synchronized boolean awaitNews(Count known, Duration timeout) throws InterruptedException {
		long deadline = System.nanoTime() + timeout.toNanos();
		while (count().equals(known)) {
			long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (millis <= 0) {
				return false;
			}
			wait(millis);
		}
		return true;
	}

	/**
	 * How long rows took that arrived.
	 * @param percentile from 0 to 100
	 * @return microseconds
	 */
	synchronized long latency(double percentile) {
		return this.latencies.getValueAtPercentile(percentile);
	}

	/**
	 * How it stands.
	 *
	 * @param written how many rows are committed
	 * @param arrived how many rows have arrived, each counted once
	 * @param missing how many of those that are committed have not arrived: lost, in the
	 * end
	 * @param duplicated how often a row arrived that had arrived before
	 */
	record Count(int written, int arrived, int missing, long duplicated) {

	}

}
