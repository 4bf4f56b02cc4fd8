package io.github.pgnotify.gateway;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotificationListener;
import io.github.pgnotify.lifecycle.Backoff;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Brings stored messages to clients. One thread follows the table for all of them, as
 * long as there are any. Wake-ups only tell it when to look; it looks now and then
 * without any.
 */
final class StoredChannels implements ChannelSource, PgNotificationListener {

	private static final Log logger = LogFactory.getLog(StoredChannels.class);

	/** Where wake-ups are sent, with the name of the channel. */
	private static final ChannelName WAKE_UPS = new ChannelName(ChannelName.RESERVED_PREFIX + "queue");

	private static final String SUBSCRIBER = "gateway.stored";

	private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

	private final PgListenerRegistry registry;

	private final LogFollower follower;

	private final int limit;

	private final long pollNanos;

	private final Executor executor = DaemonThreads.one("pgnotify-gateway-log");

	private final Map<String, Set<Subscription>> wanted = new ConcurrentHashMap<>();

	private final Map<String, Set<Subscription>> joined = new ConcurrentHashMap<>();

	private final Queue<Joining> joining = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean awake = new AtomicBoolean();

	private CompletableFuture<Void> hearing = new CompletableFuture<>();

	private volatile boolean epochInDoubt;

	private volatile long lookAt = System.nanoTime();

	/** Used by the thread of the executor only. */
	private int failures;

	StoredChannels(StoredMessages messages, PgListenerRegistry registry, PgGatewaySettings settings) {
		this.registry = registry;
		this.limit = settings.limits().channels();
		this.pollNanos = settings.timing().pollInterval().toNanos();
		Replays replays = new Replays(messages, this::join, this.joining::add);
		this.follower = new LogFollower(messages, replays, this.joined, settings.timing().retention());
	}

	@Override
	public CompletableFuture<Void> add(List<Subscription> subscriptions, @Nullable String after) {
		CompletableFuture<Void> listening;
		synchronized (this) {
			int more = (int) subscriptions.stream()
				.filter((subscription) -> !this.wanted.containsKey(subscription.channel().value()))
				.count();
			Refusal.ifFull(this.wanted.size() + more - 1, this.limit);
			if (this.wanted.isEmpty()) {
				this.hearing = this.registry.subscribe(SUBSCRIBER, WAKE_UPS, this);
			}
			subscriptions.forEach((subscription) -> enter(this.wanted, subscription));
			listening = this.hearing;
		}
		Joining joiner = new Joining(subscriptions, after);
		// Whether wake-ups are heard decides how soon messages are found, not whether
		listening.whenComplete((heard, failure) -> join(joiner));
		return joiner.told();
	}

	@Override
	public synchronized void remove(Subscription subscription) {
		boolean wasWanted = !this.wanted.isEmpty();
		leave(this.wanted, subscription);
		leave(this.joined, subscription);
		if (wasWanted && this.wanted.isEmpty()) {
			this.registry.unsubscribe(SUBSCRIBER, WAKE_UPS);
			wakeUp();
		}
	}

	static void enter(Map<String, Set<Subscription>> map, Subscription subscription) {
		map.compute(subscription.channel().value(), (channel, present) -> {
			Set<Subscription> all = (present != null) ? present : ConcurrentHashMap.newKeySet();
			all.add(subscription);
			return all;
		});
	}

	static void leave(Map<String, Set<Subscription>> map, Subscription subscription) {
		map.computeIfPresent(subscription.channel().value(), (channel, all) -> {
			all.remove(subscription);
			return all.isEmpty() ? null : all;
		});
	}

	@Override
	public void onNotification(PgNotification notification) {
		String channel = notification.payload();
		if (channel != null && this.wanted.containsKey(channel)) {
			wakeUp();
		}
	}

	@Override
	public void onGap(PgGap gap) {
		this.epochInDoubt = true;
		wakeUp();
	}

	/**
	 * Looks for messages if nobody said for long that there are any, or if the last look
	 * failed.
	 */
	@Override
	public void poll(long now) {
		if (!this.wanted.isEmpty() && now - this.lookAt >= 0) {
			wakeUp();
		}
	}

	/**
	 * Tells clients that follow where to go on, though there was nothing for them. On the
	 * thread that sends messages, as a cursor must not overtake any.
	 */
	@Override
	public void refresh(Collection<GatewayClient> clients) {
		if (!clients.isEmpty()) {
			this.executor.execute(() -> this.follower.sendCursor(clients));
		}
	}

	private void join(Joining joiner) {
		this.joining.add(joiner);
		wakeUp();
	}

	private void wakeUp() {
		if (this.awake.compareAndSet(false, true)) {
			this.executor.execute(this::look);
		}
	}

	private void look() {
		this.awake.set(false);
		this.lookAt = System.nanoTime() + this.pollNanos;
		Collection<Joining> joiners = new ConcurrentLinkedQueue<>();
		for (Joining next = this.joining.poll(); next != null; next = this.joining.poll()) {
			joiners.add(next);
		}
		try {
			if (this.epochInDoubt) {
				this.epochInDoubt = false;
				this.follower.doubtEpoch();
			}
			this.follower.follow(new TreeSet<>(this.wanted.keySet()));
			joiners.removeIf(this.follower::join);
			this.failures = 0;
		}
		catch (SQLException | RuntimeException ex) {
			failed(ex);
			this.joining.addAll(joiners);
		}
	}

	private void failed(Exception ex) {
		this.failures++;
		this.epochInDoubt = true;
		this.lookAt = System.nanoTime() + BACKOFF.delay(this.failures).toNanos();
		if (this.failures == 1) {
			logger.warn("Stored messages cannot be read for the clients of the gateway; trying again", ex);
		}
	}

}
