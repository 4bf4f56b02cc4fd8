package io.github.pgnotify.sample.load;

import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerEvent;
import io.github.pgnotify.queue.PgQueueEvent;

import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

/**
 * Hears the rows, and keeps account of who did: a worker for each call at a time.
 */
@Import({ LoadListeners.Live.class, LoadListeners.Group.class })
class LoadListeners {

	static final String GROUP = "load";

	private final Tally tally;

	private final List<Worker> workers = new CopyOnWriteArrayList<>();

	private final Deque<Worker> idle = new ConcurrentLinkedDeque<>();

	private final AtomicInteger gaps = new AtomicInteger();

	private final CountDownLatch groupStarted = new CountDownLatch(1);

	LoadListeners(Tally tally) {
		this.tally = tally;
	}

	/**
	 * Those who have heard something.
	 */
	List<Worker> workers() {
		return this.workers;
	}

	/**
	 * How often notifications may have been missed.
	 */
	int gaps() {
		return this.gaps.get();
	}

	/**
	 * Waits until the group consumes; before, rows would wait for it.
	 */
	void awaitGroup() throws InterruptedException {
		if (!this.groupStarted.await(1, TimeUnit.MINUTES)) {
			throw new IllegalStateException(
					"The group has not started within a minute: is there a long transaction in the database?");
		}
	}

	@EventListener
	void started(PgQueueEvent.GroupStarted event) {
		this.groupStarted.countDown();
	}

	@EventListener
	void missed(PgListenerEvent.Gap event) {
		this.gaps.incrementAndGet();
	}

	private void arrived(Row row) {
		Worker worker = this.idle.pollFirst();
		if (worker == null) {
			worker = newWorker();
		}
		try {
			worker.work(() -> this.tally.arrived(row));
		}
		finally {
			this.idle.addFirst(worker);
		}
	}

	private synchronized Worker newWorker() {
		Worker worker = new Worker("listener " + (this.workers.size() + 1));
		this.workers.add(worker);
		return worker;
	}

	@ConditionalOnExpression("!'stored'.equalsIgnoreCase('${load.mode:}')")
	static class Live {

		private final LoadListeners listeners;

		Live(LoadListeners listeners) {
			this.listeners = listeners;
		}

		@PgListener(channels = "${load.channel}", id = "load", concurrency = "${load.listeners:1}")
		void arrived(Row row) {
			this.listeners.arrived(row);
		}

	}

	@ConditionalOnProperty(name = "load.mode", havingValue = "stored")
	static class Group {

		private final LoadListeners listeners;

		Group(LoadListeners listeners) {
			this.listeners = listeners;
		}

		@PgListener(channels = "${load.channel}", group = GROUP, id = "load", concurrency = "${load.listeners:1}")
		void arrived(Row row) {
			this.listeners.arrived(row);
		}

	}

}
