package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.List;

import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.GroupConsumers.Handler;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;

/**
 * Says how long a listener took, and whether it returned.
 *
 * @param consumer the listener
 * @param events who is told
 */
record ObservedHandler(GroupConsumer consumer, QueueEvents events) implements Handler {

	/**
	 * The same consumer, looked on.
	 */
	static GroupConsumer observe(GroupConsumer consumer, QueueEvents events) {
		return new GroupConsumer(consumer.id(), consumer.channels(), consumer.group(), consumer.start(), consumer.ack(),
				consumer.concurrency(), consumer.batchSize(), consumer.retryPolicy(), consumer.transactionManager(),
				new ObservedHandler(consumer, events));
	}

	@Override
	public void handle(List<ReceivedMessage> messages) throws Exception {
		PgQueueObserver observer = this.events.observer();
		if (observer == null) {
			this.consumer.handler().handle(messages);
			return;
		}
		long begin = System.nanoTime();
		boolean success = false;
		try {
			this.consumer.handler().handle(messages);
			success = true;
		}
		finally {
			observer.handled(this.consumer.id(), this.consumer.group(), messages.size(), success,
					Duration.ofNanos(System.nanoTime() - begin));
		}
	}

}
