package io.github.pgnotify.listener;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.pgnotify.PayloadConversionException;

/**
 * What has arrived for one subscriber and is not handled yet. One thread at a time
 * empties it, in order of arrival; there is none while it is empty.
 */
final class Mailbox {

	private static final Log logger = LogFactory.getLog(Mailbox.class);

	private final Object subscriber;

	private final Executor executor;

	private final Deque<Delivery> deliveries = new ArrayDeque<>();

	private boolean draining;

	Mailbox(Object subscriber, Executor executor) {
		this.subscriber = subscriber;
		this.executor = executor;
	}

	/**
	 * Takes a delivery and returns at once.
	 */
	void put(Delivery delivery) {
		synchronized (this) {
			this.deliveries.add(delivery);
			if (this.draining) {
				return;
			}
			this.draining = true;
		}
		this.executor.execute(this::drain);
	}

	/**
	 *
	 * /** Forgets what waits.
	 * @return how many deliveries that were
	 */
	synchronized int clear() {
		int dropped = this.deliveries.size();
		this.deliveries.clear();
		return dropped;
	}

	/**
	 * Waits until all is handled.
	 * @return whether it was, before the time was up
	 */
	synchronized boolean awaitIdle(long deadlineNanos) throws InterruptedException {
		while (this.draining) {
			long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
			if (millis <= 0) {
				return false;
			}
			wait(millis);
		}
		return true;
	}

	private void drain() {
		Delivery delivery = next();
		while (delivery != null) {
			handle(delivery);
			delivery = next();
		}
	}

	private synchronized @Nullable Delivery next() {
		Delivery delivery = this.deliveries.poll();
		if (delivery == null) {
			this.draining = false;
			notifyAll();
		}
		return delivery;
	}

	/**
	 * Whatever a listener throws ends here: neither later deliveries nor other listeners
	 * are hurt.
	 */
	private void handle(Delivery delivery) {
		try {
			delivery.subscription().deliver(delivery.arrival());
		}
		catch (PayloadConversionException ex) {
			logger.error(ex.getMessage());
		}
		catch (Throwable ex) {
			logger.error("Listener '" + this.subscriber + "' failed on a notification on channel '"
					+ delivery.subscription().channel() + "'", ex);
		}
	}

	/**
	 * An arrival, and for which of the subscriber's subscriptions.
	 *
	 * @param subscription the subscription
	 * @param arrival the arrival
	 */
	record Delivery(Subscription subscription, Arrival arrival) {

	}

}
