package io.github.pgnotify.listener;

import java.util.List;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgNotification;
import org.jspecify.annotations.Nullable;

/**
 * Puts what arrives into the mailboxes of those who subscribed. Runs on the reading
 * thread: looks up and hands over, nothing else.
 */
final class Dispatcher implements NotificationSource.Sink {

	private final @Nullable MessageStore messageStore;

	private final ContainerEvents events;

	private volatile Subscriptions subscriptions = Subscriptions.NONE;

	private volatile long lastArrival = System.nanoTime();

	Dispatcher(@Nullable MessageStore messageStore, ContainerEvents events) {
		this.messageStore = messageStore;
		this.events = events;
	}

	Subscriptions subscriptions() {
		return this.subscriptions;
	}

	void subscriptions(Subscriptions changed) {
		this.subscriptions = changed;
	}

	/**
	 * When something last arrived, by {@code System.nanoTime()}.
	 */
	long lastArrival() {
		return this.lastArrival;
	}

	@Override
	public void notification(PgNotification notification) {
		this.lastArrival = System.nanoTime();
		List<Subscription> onChannel = this.subscriptions.on(notification.channel());
		if (!onChannel.isEmpty()) {
			Arrival arrival = new Arrival(notification, this.messageStore);
			for (Subscription subscription : onChannel) {
				subscription.subscriber().post(subscription, arrival);
			}
		}
	}

	@Override
	public void gap(PgGap gap) {
		this.subscriptions.subscribers().values().forEach((subscriber) -> subscriber.mailbox().put(gap));
		this.events.gap(gap, null);
	}

	@Override
	public void connected(int backendPid, boolean resumed) {
		this.events.connected(backendPid, resumed);
	}

	@Override
	public void lost(String reason) {
		this.events.lost(reason);
	}

}
