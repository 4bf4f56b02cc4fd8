package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.List;

import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgGap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.retry.RetryException;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.messaging.Message;

/**
 * Someone who hears channels. All that arrives for it goes through one mailbox, so that
 * its order is kept across its channels; whatever it throws ends here, so that neither
 * later arrivals nor others are hurt.
 */
final class Subscriber implements Mailbox.Handler {

	private static final Log logger = LogFactory.getLog(Subscriber.class);

	private final Object id;

	private final SubscriberOptions options;

	private final ContainerEvents events;

	private final Mailbox mailbox;

	private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();

	private volatile boolean muted;

	Subscriber(Object id, SubscriberOptions options, Executor executor, ContainerEvents events) {
		this.id = id;
		this.options = options;
		this.events = events;
		this.mailbox = new Mailbox((task) -> executor.execute(() -> runNamed(task)), options.concurrency(),
				options.capacity(), this);
	}

	Object id() {
		return this.id;
	}

	Mailbox mailbox() {
		return this.mailbox;
	}

	List<Subscription> subscriptions() {
		return this.subscriptions;
	}

	void mute(boolean muted) {
		this.muted = muted;
	}

	/**
	 * Takes an arrival, on the reading thread.
	 */
	void post(Subscription subscription, Arrival arrival) {
		if (!this.muted) {
			this.mailbox.put(new Mailbox.Delivery(subscription, arrival));
		}
	}

	/**
	 * How long it has been busy with one arrival.
	 */
	Duration busy() {
		return this.mailbox.longestCall();
	}

	@Override
	public void deliver(Mailbox.Delivery delivery) {
		if (delivery.subscription().isCancelled()) {
			return;
		}
		try {
			handle(delivery);
		}
		catch (PayloadGoneException ex) {
			dropped(ex.gap());
		}
		catch (Throwable ex) {
			failed(delivery, ex);
			if (!delivery.arrival().isOpen() && !(ex instanceof PayloadConversionException)) {
				// What it refers to could not be read: for the listener it never arrived
				dropped(new PayloadGoneException("").gap());
			}
		}
	}

	@Override
	public void dropped(PgGap gap) {
		logger.warn("Listener '" + this.id + "' missed " + gap.dropped() + " notification(s): " + gap.cause());
		this.events.gap(gap, this.id);
		gap(gap);
	}

	@Override
	public void gap(PgGap gap) {
		Set<ArrivalHandler> handlers = new LinkedHashSet<>();
		this.subscriptions.forEach((subscription) -> handlers.add(subscription.handler()));
		for (ArrivalHandler handler : handlers) {
			try {
				handler.gap(gap);
			}
			catch (Throwable ex) {
				logger.error("Listener '" + this.id + "' failed on the news of a gap", ex);
			}
		}
	}

	/**
	 * Lets a thread dump tell which listener is at work.
	 */
	private void runNamed(Runnable task) {
		Thread thread = Thread.currentThread();
		String name = thread.getName();
		thread.setName(name + " " + this.id);
		try {
			task.run();
		}
		finally {
			thread.setName(name);
		}
	}

	@SuppressWarnings("unchecked")
	private boolean accepts(Arrival arrival) {
		return this.options.filter() == null || this.options.filter().accepts((Message<String>) arrival.message());
	}

	private void handle(Mailbox.Delivery delivery) throws Throwable {
		RetryTemplate retry = this.options.retry();
		if (retry == null) {
			handleOnce(delivery);
			return;
		}
		try {
			retry.execute(() -> {
				handleOnce(delivery);
				return true;
			});
		}
		catch (RetryException ex) {
			throw ex.getLastException();
		}
	}

	private void handleOnce(Mailbox.Delivery delivery) throws Exception {
		try {
			if (accepts(delivery.arrival())) {
				delivery.subscription().handler().handle(delivery.arrival());
			}
		}
		finally {
			// A listener may have interrupted its thread, which still has to wait for the
			// next try, and to serve others
			Thread.interrupted();
		}
	}

	private void failed(Mailbox.Delivery delivery, Throwable error) {
		try {
			if (this.options.errorHandler() != null) {
				this.options.errorHandler().onError(this.id, delivery.arrival().known(), error);
			}
			else if (error instanceof PayloadConversionException) {
				logger.error("Listener '" + this.id + "': " + error.getMessage());
			}
			else {
				logger.error("Listener '" + this.id + "' failed on a notification on channel '"
						+ delivery.subscription().channel() + "'", error);
			}
		}
		catch (Throwable ex) {
			logger.error("The error handler of listener '" + this.id + "' failed", ex);
		}
	}

}
