package io.github.pgnotify.listener;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.Executor;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.listener.PgListenerContainerSettings.Capacity;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived for one subscriber and is not handled yet. It is emptied by as many
 * threads at a time as the subscriber allows, in order of arrival; there is none while it
 * is empty. It holds so much and no more: what does not fit is dropped, counted, and
 * announced as a gap in its place.
 */
final class Mailbox {

	private static final Log logger = LogFactory.getLog(Mailbox.class);

	private final Executor executor;

	private final int concurrency;

	private final Capacity capacity;

	private final Clock clock;

	private final Handler handler;

	private final Deque<Entry> entries = new ArrayDeque<>();

	private final long[] busySince;

	private int deliveries;

	private long dropped;

	private long bytes;

	private int workers;

	/** While a gap is told, nobody goes on to what comes after it. */
	private boolean telling;

	Mailbox(Executor executor, int concurrency, Capacity capacity, Handler handler) {
		this.executor = executor;
		this.concurrency = concurrency;
		this.capacity = capacity;
		this.clock = Clock.systemUTC();
		this.handler = handler;
		this.busySince = new long[concurrency];
	}

	/**
	 * Takes a delivery and returns at once.
	 */
	void put(Delivery delivery) {
		boolean claimed;
		synchronized (this) {
			add(delivery);
			claimed = claimWorker();
		}
		startWorker(claimed);
	}

	/**
	 * Takes the news of a gap, to be told before what comes after it.
	 */
	void put(PgGap gap) {
		boolean claimed;
		synchronized (this) {
			this.entries.add(new Gap(gap));
			claimed = claimWorker();
		}
		startWorker(claimed);
	}

	/**
	 * Drops what waits; whoever takes up the mailbox again is told how much it was.
	 * @return how many deliveries that were
	 */
	synchronized int clear() {
		int dropped = this.deliveries;
		this.dropped += dropped;
		this.entries.removeIf(Delivery.class::isInstance);
		if (dropped > 0) {
			Dropped gap = new Dropped(this.clock.instant());
			gap.count = dropped;
			this.entries.addFirst(gap);
		}
		this.deliveries = 0;
		this.bytes = 0;
		return dropped;
	}

	/**
	 * Waits until all is handled.
	 * @return whether it was, before the time was up
	 */
	synchronized boolean awaitIdle(long deadlineNanos) throws InterruptedException {
		while (this.workers > 0) {
			long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
			if (millis <= 0) {
				return false;
			}
			wait(millis);
		}
		return true;
	}

	/**
	 * How many deliveries wait.
	 */
	synchronized int waiting() {
		return this.deliveries;
	}

	/**
	 * How many deliveries were dropped so far.
	 */
	synchronized long dropped() {
		return this.dropped;
	}

	/**
	 * For how long the longest of the running calls has been running.
	 */
	synchronized Duration longestCall() {
		long now = System.nanoTime();
		long longest = 0;
		for (long since : this.busySince) {
			longest = Math.max(longest, (since != 0) ? now - since : 0);
		}
		return Duration.ofNanos(longest);
	}

	private void add(Delivery delivery) {
		int size = delivery.arrival().size();
		if (fits(size)) {
			this.entries.add(delivery);
			this.deliveries++;
			this.bytes += size;
		}
		else if (this.capacity.overflow() == Overflow.DROP_NEWEST) {
			if (!(this.entries.peekLast() instanceof Dropped)) {
				this.entries.add(new Dropped(this.clock.instant()));
			}
			((Dropped) this.entries.getLast()).count++;
			this.dropped++;
		}
		else {
			while (!fits(size)) {
				dropOldest();
			}
			add(delivery);
		}
	}

	private boolean fits(int size) {
		return this.deliveries == 0
				|| (this.deliveries < this.capacity.messages() && this.bytes + size <= this.capacity.bytes().toBytes());
	}

	private void dropOldest() {
		if (!(this.entries.peekFirst() instanceof Dropped)) {
			this.entries.addFirst(new Dropped(this.clock.instant()));
		}
		((Dropped) this.entries.getFirst()).count++;
		this.dropped++;
		for (Iterator<Entry> each = this.entries.iterator(); each.hasNext();) {
			if (each.next() instanceof Delivery oldest) {
				each.remove();
				taken(oldest);
				return;
			}
		}
	}

	private void taken(Delivery delivery) {
		this.deliveries--;
		this.bytes -= delivery.arrival().size();
	}

	/**
	 * Counts one more worker if there may be one more.
	 */
	private boolean claimWorker() {
		boolean claimed = this.workers < this.concurrency && !this.telling;
		if (claimed) {
			this.workers++;
		}
		return claimed;
	}

	private void startWorker(boolean claimed) {
		if (!claimed) {
			return;
		}
		try {
			this.executor.execute(this::work);
		}
		catch (RuntimeException | OutOfMemoryError ex) {
			// No thread to be had now: what waits is taken up with the next arrival
			logger.error("No thread for a listener", ex);
			synchronized (this) {
				this.workers--;
				notifyAll();
			}
		}
	}

	private void work() {
		int slot = claimSlot();
		Entry entry = next(slot);
		while (entry != null) {
			try {
				handle(entry);
			}
			catch (Throwable ex) {
				logger.error("A delivery failed beyond its handler", ex);
			}
			if (!(entry instanceof Delivery)) {
				told();
			}
			entry = next(slot);
		}
	}

	/**
	 * A gap is told: the others may go on.
	 */
	private void told() {
		int more;
		synchronized (this) {
			this.telling = false;
			more = Math.min(this.concurrency - this.workers, this.entries.size() - 1);
			this.workers += Math.max(0, more);
		}
		for (int i = 0; i < more; i++) {
			startWorker(true);
		}
	}

	private void handle(Entry entry) {
		if (entry instanceof Delivery delivery) {
			this.handler.deliver(delivery);
		}
		else if (entry instanceof Gap gap) {
			this.handler.gap(gap.gap());
		}
		else if (entry instanceof Dropped dropped) {
			this.handler.dropped(new PgGap(PgGap.Cause.OVERFLOW, dropped.since, this.clock.instant(), dropped.count));
		}
		// A listener may have interrupted its thread, which goes on to serve others
		Thread.interrupted();
	}

	/**
	 * The next entry for a worker; without one, the worker ends.
	 */
	private synchronized @Nullable Entry next(int slot) {
		Entry entry = this.telling ? null : this.entries.poll();
		if (entry == null) {
			this.busySince[slot] = 0;
			this.workers--;
			notifyAll();
			return null;
		}
		if (entry instanceof Delivery delivery) {
			taken(delivery);
		}
		else {
			this.telling = true;
		}
		this.busySince[slot] = System.nanoTime() | 1;
		return entry;
	}

	private synchronized int claimSlot() {
		int slot = 0;
		while (this.busySince[slot] != 0) {
			slot++;
		}
		this.busySince[slot] = System.nanoTime() | 1;
		return slot;
	}

	/**
	 * What is done with entries. Must not throw.
	 */
	interface Handler {

		void deliver(Delivery delivery);

		/** Tells of a gap that concerns everybody. */
		void gap(PgGap gap);

		/** Tells of a gap of this mailbox. */
		void dropped(PgGap gap);

	}

	sealed interface Entry {

	}

	/**
	 * An arrival, and for which of the subscriber's subscriptions.
	 *
	 * @param subscription the subscription
	 * @param arrival the arrival
	 */
	record Delivery(Subscription subscription, Arrival arrival) implements Entry {

	}

	private record Gap(PgGap gap) implements Entry {

	}

	/**
	 * Deliveries that did not fit. The count grows until somebody is told.
	 */
	private static final class Dropped implements Entry {

		private final Instant since;

		private long count;

		private Dropped(Instant since) {
			this.since = since;
		}

	}

}
