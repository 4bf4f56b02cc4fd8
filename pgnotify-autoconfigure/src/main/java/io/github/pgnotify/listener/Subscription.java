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

	ArrivalHandler handler() {
		return this.handler;
	}

	boolean isCancelled() {
		return this.cancelled;
	}

	/**
	 * Drops what waits for it.
	 */
	void cancel() {
		this.cancelled = true;
	}

}
