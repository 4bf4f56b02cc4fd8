package io.github.pgnotify.listener;

import io.github.pgnotify.ChannelName;

/**
 * That a subscriber hears a channel, and what it does with what arrives there.
 */
final class Subscription {

	private final Subscriber subscriber;

	private final ChannelName channel;

	private final ArrivalHandler handler;

	private volatile boolean cancelled;

	Subscription(Subscriber subscriber, ChannelName channel, ArrivalHandler handler) {
		this.subscriber = subscriber;
		this.channel = channel;
		this.handler = handler;
	}

	Subscriber subscriber() {
		return this.subscriber;
	}

	ChannelName channel() {
		return this.channel;
	}

	/**
	 * Puts an arrival into the subscriber's mailbox.
	 */
	void post(Arrival arrival) {
		this.subscriber.mailbox().put(new Mailbox.Delivery(this, arrival));
	}

	/**
	 * Hands an arrival to the listener, unless it has unsubscribed meanwhile.
	 */
	void deliver(Arrival arrival) throws Exception {
		if (!this.cancelled) {
			this.handler.handle(arrival);
		}
	}

	void cancel() {
		this.cancelled = true;
	}

}
