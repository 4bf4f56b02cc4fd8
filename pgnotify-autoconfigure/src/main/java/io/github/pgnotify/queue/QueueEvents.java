package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationEventPublisher;

/**
 * Publishes what happens to stored messages as application events, in order and on a
 * thread of its own: their listeners are other people's code. An observer is told at
 * once.
 */
final class QueueEvents {

	private static final Log logger = LogFactory.getLog(QueueEvents.class);

	private final Executor executor;

	private volatile @Nullable ApplicationEventPublisher publisher;

	private volatile @Nullable PgQueueObserver observer;

	QueueEvents(Executor executor) {
		this.executor = executor;
	}

	void publisher(ApplicationEventPublisher to) {
		this.publisher = to;
	}

	void observer(PgQueueObserver observer) {
		this.observer = observer;
	}

	@Nullable PgQueueObserver observer() {
		return this.observer;
	}

	void groupStarted(ChannelName channel, String group, int earlier) {
		publish(new PgQueueEvent.GroupStarted(channel, group, earlier));
	}

	void claimed(ChannelName channel, String group, int messages) {
		observe((observer) -> observer.claimed(channel, group, messages));
	}

	void retried(LeasedDelivery delivery) {
		observe((observer) -> observer.retried(delivery.channel(), delivery.group()));
	}

	void deadLettered(LeasedDelivery delivery, DeadLetter.Reason reason) {
		observe((observer) -> observer.deadLettered(delivery.channel(), delivery.group(), reason));
		publish(new PgQueueEvent.DeadLettered(delivery.channel(), delivery.group(), delivery.messageId(), reason));
	}

	void leaseLost(LeasedDelivery delivery) {
		observe((observer) -> observer.leaseLost(delivery.channel(), delivery.group()));
		publish(new PgQueueEvent.LeaseLost(delivery.channel(), delivery.group(), delivery.messageId()));
	}

	void reclaimed(int deliveries) {
		observe((observer) -> observer.reclaimed(deliveries));
		publish(new PgQueueEvent.Reclaimed(deliveries));
	}

	void stuck(LeasedDelivery delivery, Duration busy) {
		publish(new PgQueueEvent.Stuck(delivery.channel(), delivery.group(), delivery.messageId(), busy));
	}

	private void observe(Consumer<PgQueueObserver> news) {
		PgQueueObserver current = this.observer;
		if (current != null) {
			news.accept(current);
		}
	}

	private void publish(PgQueueEvent event) {
		ApplicationEventPublisher current = this.publisher;
		if (current != null) {
			this.executor.execute(() -> publish(current, event));
		}
	}

	private static void publish(ApplicationEventPublisher publisher, PgQueueEvent event) {
		try {
			publisher.publishEvent(event);
		}
		catch (Throwable ex) {
			logger.error("A listener of " + event.getClass().getSimpleName() + " failed", ex);
		}
	}

}
