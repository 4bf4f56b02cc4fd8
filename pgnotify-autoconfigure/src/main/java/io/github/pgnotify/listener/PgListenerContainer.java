package io.github.pgnotify.listener;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgListenerChanges;
import io.github.pgnotify.PgListenerRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanNameAware;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationEventPublisherAware;
import org.springframework.context.SmartLifecycle;

/**
 * Brings notifications from their source to those who subscribed to their channels, be it
 * by {@link io.github.pgnotify.PgListener} or through {@link PgListenerRegistry}.
 * <p>
 * Listeners are called on threads of the executor, never on the one that reads. Those of
 * one subscriber are called one after the other, in the order in which PostgreSQL
 * delivered, unless it asks for more concurrency; different subscribers do not wait for
 * each other. What does not fit into the capacity of a subscriber is dropped, and
 * announced to it with the exact count.
 * <p>
 * Starts late and stops early in the life of the application, and may be started again;
 * that notifications were missed meanwhile is announced too. Publishes
 * {@link io.github.pgnotify.PgListenerEvent}s.
 *
 * @since 0.1.0
 */
public final class PgListenerContainer
		implements PgListenerRegistry, SmartLifecycle, BeanNameAware, ApplicationEventPublisherAware {

	/**
	 * Starts after, and stops before, nearly everything else.
	 */
	public static final int PHASE = Integer.MAX_VALUE - 100;

	private static final Log logger = LogFactory.getLog(PgListenerContainer.class);

	private final NotificationSource source;

	private final Executor executor;

	private final PgListenerContainerSettings settings;

	private final ContainerEvents events = new ContainerEvents();

	private final Dispatcher dispatcher;

	private final Object changing = new Object();

	private volatile boolean running;

	private @Nullable Patrol patrol;

	private @Nullable PgListenerObserver observer;

	/**
	 * Creates a container.
	 * @param source where notifications come from; it is started and stopped with the
	 * container
	 * @param messageStore where payloads are read that did not fit into a notification;
	 * {@code null} if nothing is stored
	 * @param executor runs the listeners; must not run them in the calling thread
	 * @param settings how to behave
	 */
	public PgListenerContainer(NotificationSource source, @Nullable MessageStore messageStore, Executor executor,
			PgListenerContainerSettings settings) {
		this.source = source;
		this.executor = executor;
		this.settings = settings;
		this.dispatcher = new Dispatcher(messageStore, this.events);
	}

	@Override
	public void setBeanName(String name) {
		this.events.container(name);
	}

	@Override
	public void setApplicationEventPublisher(ApplicationEventPublisher applicationEventPublisher) {
		this.events.publisher(applicationEventPublisher);
	}

	@Override
	public CompletableFuture<Void> change(Consumer<PgListenerChanges> changes) {
		return apply(changes::accept);
	}

	/**
	 * Adds one handler on several channels.
	 */
	CompletableFuture<Void> subscribe(Object id, Collection<ChannelName> channels, ArrivalHandler handler,
			SubscriberOptions options) {
		return apply((changes) -> changes.subscribe(id, channels, handler, options));
	}

	PgListenerContainerSettings settings() {
		return this.settings;
	}

	private CompletableFuture<Void> apply(Consumer<SubscriptionChanges> work) {
		synchronized (this.changing) {
			SubscriptionChanges changes = new SubscriptionChanges(this.dispatcher.subscriptions(),
					SubscriberOptions.defaults(this.settings),
					(id, options) -> new Subscriber(id, options, this.executor, this.events));
			work.accept(changes);
			Subscriptions before = this.dispatcher.subscriptions();
			Subscriptions changed = changes.apply();
			observeChange(before, changed);
			this.dispatcher.subscriptions(changed);
			return this.source.listen(changed.channels());
		}
	}

	/**
	 * Sets who looks on, in place of who did before: it is told of the listeners that
	 * there are, and of all that come and go.
	 * @param observer who looks on
	 */
	public void observe(PgListenerObserver observer) {
		synchronized (this.changing) {
			this.observer = observer;
			observeChange(Subscriptions.NONE, this.dispatcher.subscriptions());
		}
	}

	private void observeChange(Subscriptions before, Subscriptions after) {
		PgListenerObserver current = this.observer;
		if (current != null) {
			before.subscribers().values().stream().filter((each) -> !after.has(each)).forEach(current::removed);
			after.subscribers()
				.values()
				.stream()
				.filter((each) -> !before.has(each))
				.forEach((each) -> each.observer(current.added(each)));
		}
	}

	@Override
	public Set<ChannelName> channels() {
		return this.dispatcher.subscriptions().channels();
	}

	@Override
	public Map<ChannelName, Set<Object>> subscriptions() {
		return this.dispatcher.subscriptions().ids();
	}

	@Override
	public ListeningStatus status() {
		return this.source.status();
	}

	@Override
	public synchronized void start() {
		if (!this.running) {
			this.source.start(this.dispatcher);
			this.patrol = new Patrol(this.dispatcher, this.events, this.settings);
			this.patrol.start();
			this.running = true;
		}
	}

	@Override
	public synchronized void stop() {
		if (this.running) {
			this.running = false;
			this.source.stop();
			finishWhatHasArrived();
			if (this.patrol != null) {
				this.patrol.stop();
			}
		}
	}

	@Override
	public void stop(Runnable callback) {
		new Thread(() -> {
			try {
				stop();
			}
			finally {
				callback.run();
			}
		}, "pgnotify-stop").start();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public boolean isAutoStartup() {
		return this.settings.autoStartup();
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	private void finishWhatHasArrived() {
		long deadline = System.nanoTime() + this.settings.shutdownGrace().toNanos();
		try {
			for (Subscriber subscriber : this.dispatcher.subscriptions().subscribers().values()) {
				if (!subscriber.mailbox().awaitIdle(deadline)) {
					logger.warn("Listener '" + subscriber.id() + "' has not finished within "
							+ this.settings.shutdownGrace() + "; " + subscriber.mailbox().clear()
							+ " notification(s) were dropped unheard");
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
