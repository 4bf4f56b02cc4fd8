package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.List;

import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.listener.PgListenerObserver.Handling;
import io.github.pgnotify.listener.PgListenerObserver.Outcome;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.retry.RetryException;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.messaging.Message;

/**
 * Someone who hears channels. All that arrives for it goes through one mailbox, so that
 * its order is kept across its channels; whatever it throws ends here, so that neither
 * later arrivals nor others are hurt.
 */
final class Subscriber implements Mailbox.Handler, PgListenerObserver.Listener {

	private static final Log logger = LogFactory.getLog(Subscriber.class);

	private final Object id;

	private final SubscriberOptions options;

	private final ContainerEvents events;

	private final Mailbox mailbox;

	private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();

	/** Payloads that were no longer there. */
	private final LongAdder gone = new LongAdder();

	private volatile boolean muted;

	private volatile @Nullable Handling observer;

	Subscriber(Object id, SubscriberOptions options, Executor executor, ContainerEvents events) {
		this.id = id;
		this.options = options;
		this.events = events;
		this.mailbox = new Mailbox((task) -> executor.execute(() -> runNamed(task)), options.concurrency(),
				options.capacity(), this);
	}

	@Override
	public Object id() {
		return this.id;
	}

	@Override
	public int waiting() {
		return this.mailbox.waiting();
	}

	@Override
	public long dropped() {
		return this.mailbox.dropped() + this.gone.sum();
	}

	void observer(Handling observer) {
		this.observer = observer;
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
		long begin = System.nanoTime();
		try {
			observe(handle(delivery) ? Outcome.SUCCESS : Outcome.FILTERED, begin);
		}
		catch (PayloadGoneException ex) {
			gone(ex.gap());
		}
		catch (Throwable ex) {
			observe(Outcome.FAILURE, begin);
			failed(delivery, ex);
			if (!delivery.arrival().isOpen() && !(ex instanceof PayloadConversionException)) {
				// What it refers to could not be read: for the listener it never arrived
				gone(new PayloadGoneException("").gap());
			}
		}
	}

	private void observe(Outcome outcome, long begin) {
		Handling current = this.observer;
		if (current != null) {
			current.handled(outcome, Duration.ofNanos(System.nanoTime() - begin));
		}
	}

	private void gone(PgGap gap) {
		this.gone.increment();
		dropped(gap);
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

	/**
	 * Handles a delivery, if need be several times.
	 * @return whether the filter accepts it
	 */
	private boolean handle(Mailbox.Delivery delivery) throws Throwable {
		RetryTemplate retry = this.options.retry();
		if (retry == null) {
			return handleOnce(delivery);
		}
		try {
			return Boolean.TRUE.equals(retry.execute(() -> handleOnce(delivery)));
		}
		catch (RetryException ex) {
			throw ex.getLastException();
		}
	}

	private boolean handleOnce(Mailbox.Delivery delivery) throws Exception {
		try {
			boolean accepted = accepts(delivery.arrival());
			if (accepted) {
				delivery.subscription().handler().handle(delivery.arrival());
			}
			return accepted;
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
