package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotificationListener;

import org.springframework.context.SmartLifecycle;

/**
 * Brings notifications from their source to those who subscribed to their channels, be it
 * by {@link io.github.pgnotify.PgListener} or through {@link PgListenerRegistry}.
 * <p>
 * Listeners are called on threads of the executor, never on the one that reads. Those of
 * one subscriber are called one after the other, in the order in which PostgreSQL
 * delivered; different subscribers do not wait for each other. Starts late and stops
 * early in the life of the application, and may be started again.
 *
 * @since 0.1.0
 */
public final class PgListenerContainer implements PgListenerRegistry, SmartLifecycle {

	/**
	 * Starts after, and stops before, nearly everything else.
	 */
	public static final int PHASE = Integer.MAX_VALUE - 100;

	private static final Log logger = LogFactory.getLog(PgListenerContainer.class);

	private final NotificationSource source;

	private final @Nullable MessageStore messageStore;

	private final Executor executor;

	private final Duration shutdownGrace;

	private final boolean autoStartup;

	private final Subscriptions subscriptions = new Subscriptions();

	private volatile boolean running;

	/**
	 * Creates a container.
	 * @param source where notifications come from; it is started and stopped with the
	 * container
	 * @param messageStore where announced messages are read that did not fit into their
	 * announcement; {@code null} if nothing is stored
	 * @param executor runs the listeners; must not run them in the calling thread
	 * @param shutdownGrace how long a stop waits for listeners to finish what has arrived
	 * @param autoStartup whether it starts with the application
	 */
	public PgListenerContainer(NotificationSource source, @Nullable MessageStore messageStore, Executor executor,
			Duration shutdownGrace, boolean autoStartup) {
		this.source = source;
		this.messageStore = messageStore;
		this.executor = executor;
		this.shutdownGrace = shutdownGrace;
		this.autoStartup = autoStartup;
	}

	@Override
	public CompletableFuture<Void> subscribe(Object id, ChannelName channel, PgNotificationListener listener) {
		return subscribe(id, List.of(channel), (arrival) -> listener.onNotification(arrival.notification()));
	}

	/**
	 * Adds one listener on several channels.
	 */
	CompletableFuture<Void> subscribe(Object id, Collection<ChannelName> channels, ArrivalHandler handler) {
		synchronized (this.subscriptions) {
			this.subscriptions.add(id, channels, handler, (subscriber) -> new Mailbox(subscriber, this.executor));
			return this.source.listen(this.subscriptions.channels());
		}
	}

	@Override
	public CompletableFuture<Void> unsubscribe(Object id, ChannelName channel) {
		synchronized (this.subscriptions) {
			this.subscriptions.remove(id, channel);
			return this.source.listen(this.subscriptions.channels());
		}
	}

	@Override
	public Set<ChannelName> channels() {
		return this.subscriptions.channels();
	}

	@Override
	public void start() {
		if (!this.running) {
			this.source.start(this::arrived);
			this.running = true;
		}
	}

	@Override
	public void stop() {
		if (this.running) {
			this.running = false;
			this.source.stop();
			finishWhatHasArrived();
		}
	}

	@Override
	public void stop(Runnable callback) {
		Thread stopping = new Thread(() -> {
			try {
				stop();
			}
			finally {
				callback.run();
			}
		}, "pgnotify-stop");
		stopping.start();
	}

	@Override
	public boolean isAutoStartup() {
		return this.autoStartup;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	private void arrived(PgNotification notification) {
		List<Subscription> subscriptionsOnChannel = this.subscriptions.on(notification.channel());
		if (!subscriptionsOnChannel.isEmpty()) {
			Arrival arrival = new Arrival(notification, this.messageStore);
			subscriptionsOnChannel.forEach((subscription) -> subscription.post(arrival));
		}
	}

	private void finishWhatHasArrived() {
		long deadline = System.nanoTime() + this.shutdownGrace.toNanos();
		try {
			for (Subscriber subscriber : this.subscriptions.subscribers()) {
				if (!subscriber.mailbox().awaitIdle(deadline)) {
					logger.warn("Listener '" + subscriber.id() + "' has not finished within " + this.shutdownGrace
							+ "; " + subscriber.mailbox().clear() + " notification(s) were dropped unheard");
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
