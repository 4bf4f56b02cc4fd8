package io.github.pgnotify.listener;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerChanges;
import io.github.pgnotify.PgNotificationListener;
import org.jspecify.annotations.Nullable;

/**
 * Collects changes, and makes them all at once or, if one is refused, none.
 */
final class SubscriptionChanges implements PgListenerChanges {

	private final Map<ChannelName, List<Subscription>> byChannel;

	private final Set<ChannelName> unheard;

	private final Set<ChannelName> mutedChannels;

	private final Map<Object, Subscriber> subscribers;

	private final SubscriberOptions defaults;

	private final BiFunction<Object, SubscriberOptions, Subscriber> factory;

	/** What cannot be undone, for when all is accepted. */
	private final List<Runnable> effects = new ArrayList<>();

	SubscriptionChanges(Subscriptions before, SubscriberOptions defaults,
			BiFunction<Object, SubscriberOptions, Subscriber> factory) {
		this.byChannel = new HashMap<>(before.byChannel());
		this.unheard = new HashSet<>(before.unheard());
		this.mutedChannels = new HashSet<>(before.muted());
		this.subscribers = new HashMap<>(before.subscribers());
		this.defaults = defaults;
		this.factory = factory;
	}

	/**
	 * The result, in force from now on.
	 */
	Subscriptions apply() {
		this.effects.forEach(Runnable::run);
		return new Subscriptions(Map.copyOf(this.byChannel), Set.copyOf(this.unheard), Set.copyOf(this.mutedChannels),
				Map.copyOf(this.subscribers));
	}

	@Override
	public PgListenerChanges subscribe(Object id, ChannelName channel, PgNotificationListener listener) {
		return subscribe(id, List.of(channel), new NotificationListenerHandler(listener), this.defaults);
	}

	/**
	 * Adds one handler on several channels.
	 */
	PgListenerChanges subscribe(Object id, Collection<ChannelName> channels, ArrivalHandler handler,
			SubscriberOptions options) {
		Subscriber subscriber = this.subscribers.computeIfAbsent(id, (key) -> this.factory.apply(key, options));
		for (ChannelName channel : channels) {
			if (find(id, channel) != null) {
				throw new IllegalArgumentException(
						"Subscriber '" + id + "' already has a listener on channel '" + channel + "'");
			}
			Subscription subscription = new Subscription(subscriber, channel, handler);
			List<Subscription> onChannel = new ArrayList<>(this.byChannel.getOrDefault(channel, List.of()));
			onChannel.add(subscription);
			this.byChannel.put(channel, List.copyOf(onChannel));
			this.effects.add(() -> subscriber.subscriptions().add(subscription));
		}
		return this;
	}

	@Override
	public PgListenerChanges unsubscribe(Object id, ChannelName channel) {
		Subscription subscription = find(id, channel);
		if (subscription != null) {
			remove(subscription);
		}
		return this;
	}

	@Override
	public PgListenerChanges addChannels(Collection<ChannelName> channels) {
		this.unheard.addAll(channels);
		return this;
	}

	@Override
	public PgListenerChanges removeChannels(Collection<ChannelName> channels) {
		for (ChannelName channel : channels) {
			this.unheard.remove(channel);
			this.mutedChannels.remove(channel);
			this.byChannel.getOrDefault(channel, List.of()).forEach(this::remove);
		}
		return this;
	}

	@Override
	public PgListenerChanges muteChannel(ChannelName channel) {
		this.mutedChannels.add(channel);
		return this;
	}

	@Override
	public PgListenerChanges unmuteChannel(ChannelName channel) {
		this.mutedChannels.remove(channel);
		return this;
	}

	@Override
	public PgListenerChanges muteSubscriber(Object id) {
		return mute(id, true);
	}

	@Override
	public PgListenerChanges unmuteSubscriber(Object id) {
		return mute(id, false);
	}

	private PgListenerChanges mute(Object id, boolean muted) {
		Subscriber subscriber = this.subscribers.get(id);
		if (subscriber == null) {
			throw new IllegalArgumentException("There is no subscriber '" + id + "'");
		}
		this.effects.add(() -> subscriber.mute(muted));
		return this;
	}

	private void remove(Subscription subscription) {
		ChannelName channel = subscription.channel();
		List<Subscription> onChannel = new ArrayList<>(this.byChannel.getOrDefault(channel, List.of()));
		onChannel.remove(subscription);
		if (onChannel.isEmpty()) {
			this.byChannel.remove(channel);
			this.mutedChannels.remove(channel);
		}
		else {
			this.byChannel.put(channel, List.copyOf(onChannel));
		}
		Subscriber subscriber = subscription.subscriber();
		this.effects.add(() -> {
			subscription.cancel();
			subscriber.subscriptions().remove(subscription);
		});
		if (this.byChannel.values()
			.stream()
			.flatMap(List::stream)
			.noneMatch((each) -> each.subscriber() == subscriber)) {
			this.subscribers.remove(subscriber.id());
		}
	}

	private @Nullable Subscription find(Object id, ChannelName channel) {
		for (Subscription subscription : this.byChannel.getOrDefault(channel, List.of())) {
			if (subscription.subscriber().id().equals(id)) {
				return subscription;
			}
		}
		return null;
	}

}
