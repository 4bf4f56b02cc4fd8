package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.Envelope;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotificationListener;
import io.github.pgnotify.PgNotifyHeaders;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.messaging.MessageHeaders;

/**
 * Brings notifications to clients. Each channel that somebody wants is listened on once,
 * however many clients it has, and no longer than it has any.
 */
final class LiveChannels implements ChannelSource {

	private final PgListenerRegistry registry;

	private final int limit;

	private final Map<ChannelName, LiveChannel> channels = new HashMap<>();

	/** Ids of one run are different from those of the next, and of other instances. */
	private final String prefix = Long.toString(UUID.randomUUID().getMostSignificantBits() >>> 1, 36) + "-";

	private final AtomicLong count = new AtomicLong();

	/** Who is to join as soon as the database is there again. */
	private final Queue<Runnable> postponed = new ConcurrentLinkedQueue<>();

	private final Executor executor = DaemonThreads.one("pgnotify-gateway-join");

	LiveChannels(PgListenerRegistry registry, int limit) {
		this.registry = registry;
		this.limit = limit;
	}

	@Override
	public CompletableFuture<Void> add(List<Subscription> subscriptions, @Nullable String after) {
		return CompletableFuture.allOf(subscriptions.stream()
			.map((subscription) -> add(subscription, after != null))
			.toArray(CompletableFuture[]::new));
	}

	/**
	 * Joins a channel as soon as it is listened on. Not under the lock, as a client that
	 * is gone leaves while it joins, and not on the thread that reads from the database.
	 */
	private CompletableFuture<Void> add(Subscription subscription, boolean resumed) {
		LiveChannel channel = want(subscription);
		CompletableFuture<Void> told = new CompletableFuture<>();
		Runnable join = () -> join(channel, subscription, resumed, told);
		CompletableFuture<Void> joined = channel.listening.isDone() ? channel.listening.thenRun(join)
				: channel.listening.thenRunAsync(join, this.executor);
		joined.whenComplete((done, failure) -> {
			if (failure != null) {
				told.completeExceptionally(failure);
			}
		});
		return told;
	}

	/**
	 * Joins now, or as soon as the database is there again.
	 */
	private void join(LiveChannel channel, Subscription subscription, boolean resumed, CompletableFuture<Void> told) {
		if (this.registry.status().isListening()) {
			channel.join(subscription, resumed);
			told.complete(null);
		}
		else {
			this.postponed.add(() -> join(channel, subscription, resumed, told));
		}
	}

	@Override
	public void poll(long now) {
		if (!this.postponed.isEmpty() && this.registry.status().isListening()) {
			this.executor.execute(() -> {
				int count = this.postponed.size();
				for (int i = 0; i < count; i++) {
					Runnable join = this.postponed.poll();
					if (join != null) {
						join.run();
					}
				}
			});
		}
	}

	private synchronized LiveChannel want(Subscription subscription) {
		LiveChannel channel = this.channels.get(subscription.channel());
		if (channel == null) {
			Refusal.ifFull(this.channels.size(), this.limit);
			channel = new LiveChannel(subscription.channel());
			channel.listening = this.registry.subscribe(channel.subscriber(), channel.name, channel);
			this.channels.put(subscription.channel(), channel);
		}
		channel.wanted.add(subscription);
		return channel;
	}

	@Override
	public synchronized void remove(Subscription subscription) {
		LiveChannel channel = this.channels.get(subscription.channel());
		if (channel != null && channel.leave(subscription)) {
			this.channels.remove(channel.name);
			this.registry.unsubscribe(channel.subscriber(), channel.name);
		}
	}

	/**
	 * A channel that clients hear. Its messages come by one thread at a time.
	 */
	private final class LiveChannel implements PgNotificationListener {

		private final ChannelName name;

		private final Set<Subscription> wanted = new HashSet<>();

		private final Set<Subscription> joined = ConcurrentHashMap.newKeySet();

		private volatile CompletableFuture<Void> listening = new CompletableFuture<>();

		private LiveChannel(ChannelName name) {
			this.name = name;
		}

		private String subscriber() {
			return "gateway." + this.name;
		}

		/**
		 * Whoever has been told that it hears the channel hears what is sent from then
		 * on: that cannot pass the lock before this has left it.
		 */
		private void join(Subscription subscription, boolean resumed) {
			synchronized (this.joined) {
				if (!subscription.isWanted()) {
					return;
				}
				GatewayClient client = subscription.client();
				boolean alone = client.subscriptions().stream().noneMatch(Subscription::isStored);
				client.send(alone ? Notice.subscribed(this.name, LIVE_CURSOR) : Notice.subscribedLive(this.name));
				if (resumed) {
					subscription.client().send(Notice.gap(this.name, "RECONNECTED"));
				}
				this.joined.add(subscription);
				if (!subscription.isWanted()) {
					this.joined.remove(subscription);
				}
			}
		}

		/**
		 * Removes a subscription.
		 * @return whether it was the last one
		 */
		private boolean leave(Subscription subscription) {
			this.wanted.remove(subscription);
			this.joined.remove(subscription);
			return this.wanted.isEmpty();
		}

		@Override
		public void onNotification(PgNotification notification) {
			onNotification(notification, Map.of());
		}

		@Override
		public void onNotification(PgNotification notification, Map<String, Object> headers) {
			send(message(notification, headers));
		}

		private void send(Message message) {
			synchronized (this.joined) {
				// Nobody is about to join
			}
			this.joined.forEach((subscription) -> subscription.send(message));
		}

		@Override
		public void onGap(PgGap gap) {
			Notice notice = Notice.gap(this.name, gap);
			synchronized (this.joined) {
				// Nobody is about to join
			}
			this.joined.forEach((subscription) -> subscription.client().send(notice));
		}

		private Message message(PgNotification notification, Map<String, Object> headers) {
			String text = (notification.payload() != null) ? notification.payload() : "";
			Object stored = headers.get(PgNotifyHeaders.MESSAGE_ID);
			String id = (stored != null) ? stored.toString()
					: LiveChannels.this.prefix + LiveChannels.this.count.incrementAndGet();
			boolean isText = headers.containsKey(MessageHeaders.CONTENT_TYPE);
			String json = (!isText && isJson(text, stored != null)) ? text
					: JsonMapper.shared().writeValueAsString(text);
			return new Message(id, this.name, text, json, headers, Instant.now(), null);
		}

		/**
		 * A text that looks like a number or a word is a text, unless it was stored as
		 * such.
		 */
		private static boolean isJson(String text, boolean stored) {
			String stripped = text.strip();
			if (!stored && !stripped.startsWith("{") && !stripped.startsWith("[")) {
				return false;
			}
			try {
				Envelope.Data.of(text);
				return true;
			}
			catch (JacksonException ex) {
				return false;
			}
		}

	}

}
