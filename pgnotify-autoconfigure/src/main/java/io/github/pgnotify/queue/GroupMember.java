package io.github.pgnotify.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;

import io.github.pgnotify.GroupConsumers.GroupConsumer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A listener as a member of its group: what is leased for it waits here, and is handled
 * by as many threads as it allows. There is none while there is nothing.
 */
final class GroupMember {

	private static final Log logger = LogFactory.getLog(GroupMember.class);

	private final GroupConsumer definition;

	private final Executor executor;

	private final DeliveryRunner runner;

	private final Runnable ready;

	private final int prefetch;

	private final List<Intake> intakes;

	private final Deque<LeasedDelivery> waiting = new ArrayDeque<>();

	private final List<Call> calls = new ArrayList<>();

	private int workers;

	private int running;

	private boolean stopped;

	/**
	 * Creates a member.
	 * @param ready told when there is capacity, and when all is done
	 */
	GroupMember(GroupConsumer definition, int prefetch, Executor executor, DeliveryRunner runner, Runnable ready) {
		this.ready = ready;
		this.definition = definition;
		this.executor = executor;
		this.runner = runner;
		this.prefetch = Math.max(prefetch, 2 * definition.concurrency() * definition.batchSize());
		this.intakes = definition.channels().stream().sorted().map((channel) -> new Intake(this, channel)).toList();
	}

	GroupConsumer definition() {
		return this.definition;
	}

	List<Intake> intakes() {
		return this.intakes;
	}

	/**
	 * How many deliveries to claim: none until no more than half as many are left, so
	 * that many are claimed at once.
	 */
	synchronized int capacity() {
		return (this.stopped || unfinished() > this.prefetch / 2) ? 0 : this.prefetch;
	}

	private int unfinished() {
		return this.waiting.size() + this.running;
	}

	/**
	 * Whether it has nothing to do.
	 */
	synchronized boolean isIdle() {
		return unfinished() == 0;
	}

	/**
	 * Takes what was claimed. Does not wait.
	 * @return whether it was taken: not after a stop
	 */
	boolean accept(Collection<LeasedDelivery> claimed) {
		synchronized (this) {
			if (this.stopped) {
				return false;
			}
			this.waiting.addAll(claimed);
		}
		staff();
		return true;
	}

	/**
	 * Sees to it that there are threads for what waits, also if there was none before.
	 */
	void staff() {
		int fresh;
		synchronized (this) {
			int batches = (this.waiting.size() + this.definition.batchSize() - 1) / this.definition.batchSize();
			fresh = Math.max(0, Math.min(this.definition.concurrency() - this.workers, batches));
			this.workers += fresh;
		}
		for (int i = 0; i < fresh; i++) {
			startWorker();
		}
	}

	/**
	 * Handles nothing more.
	 * @return what was waiting
	 */
	synchronized List<LeasedDelivery> stop() {
		this.stopped = true;
		List<LeasedDelivery> unhandled = List.copyOf(this.waiting);
		this.waiting.clear();
		return unhandled;
	}

	/**
	 * Waits until nothing is handled any more.
	 * @return whether that was before the time was up
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
	 * What is being handled for longer than that, each said once.
	 */
	synchronized List<Call> stuck(long nanos) {
		List<Call> stuck = new ArrayList<>();
		for (Call call : this.calls) {
			if (!call.reported && System.nanoTime() - call.since > nanos) {
				call.reported = true;
				stuck.add(call);
			}
		}
		return stuck;
	}

	private void startWorker() {
		try {
			this.executor.execute(this::work);
		}
		catch (RuntimeException | OutOfMemoryError ex) {
			// No thread to be had now: what waits is taken up with the next look for work
			logger.error("No thread for listener '" + this.definition.id() + "'", ex);
			synchronized (this) {
				this.workers--;
				notifyAll();
			}
		}
	}

	private void work() {
		String name = Thread.currentThread().getName();
		Thread.currentThread().setName(name + " " + this.definition.id());
		try {
			for (Call call = next(null); call != null; call = next(call)) {
				handle(call);
			}
		}
		finally {
			Thread.currentThread().setName(name);
		}
	}

	private void handle(Call call) {
		this.runner.run(this.definition, call.deliveries);
		// A listener may have interrupted its thread, which goes on to serve others
		Thread.interrupted();
	}

	/**
	 * Ends a call, and begins the next; without one, the worker ends.
	 */
	private @Nullable Call next(@Nullable Call last) {
		int before;
		int after;
		Call next;
		synchronized (this) {
			before = unfinished();
			next = replace(last);
			after = unfinished();
		}
		if (after < before && (after == 0 || (after <= this.prefetch / 2 && before > this.prefetch / 2))) {
			this.ready.run();
		}
		return next;
	}

	private @Nullable Call replace(@Nullable Call last) {
		if (last != null) {
			this.calls.remove(last);
			this.running -= last.deliveries.size();
		}
		List<LeasedDelivery> batch = new ArrayList<>();
		while (batch.size() < this.definition.batchSize() && mayFollow(batch)) {
			batch.add(this.waiting.remove());
		}
		if (batch.isEmpty()) {
			this.workers--;
			notifyAll();
			return null;
		}
		Call call = new Call(batch);
		this.calls.add(call);
		this.running += batch.size();
		return call;
	}

	/** What may kill this process is handled alone. */
	private boolean mayFollow(List<LeasedDelivery> batch) {
		LeasedDelivery next = this.waiting.peek();
		return next != null && (batch.isEmpty() || (!next.isSuspect() && !batch.get(0).isSuspect()));
	}

	/**
	 * A call of the listener.
	 */
	static final class Call {

		private final List<LeasedDelivery> deliveries;

		private final long since = System.nanoTime();

		private boolean reported;

		private Call(List<LeasedDelivery> deliveries) {
			this.deliveries = deliveries;
		}

		List<LeasedDelivery> deliveries() {
			return this.deliveries;
		}

	}

}
