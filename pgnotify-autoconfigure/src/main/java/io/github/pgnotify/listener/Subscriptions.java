package io.github.pgnotify.listener;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.ChannelName;

/**
 * Who hears which channel. Changed by few, read by the reading thread for every
 * notification: a change makes a new map, a look-up takes no lock.
 */
final class Subscriptions {

	private final Map<Object, Subscriber> subscribers = new LinkedHashMap<>();

	private volatile Map<ChannelName, List<Subscription>> byChannel = Map.of();

	/**
	 * Adds a subscription.
	 * @throws IllegalArgumentException if the subscriber hears the channel already
	 */
	synchronized void add(Object id, Collection<ChannelName> channels, ArrivalHandler handler,
			Function<Object, Mailbox> mailboxes) {
		for (ChannelName channel : channels) {
			if (find(id, channel) != null) {
				throw new IllegalArgumentException(
						"Subscriber '" + id + "' already has a listener on channel '" + channel + "'");
			}
		}
		Subscriber subscriber = this.subscribers.computeIfAbsent(id,
				(key) -> new Subscriber(key, mailboxes.apply(key)));
		Map<ChannelName, List<Subscription>> changed = new LinkedHashMap<>(this.byChannel);
		for (ChannelName channel : channels) {
			List<Subscription> onChannel = new ArrayList<>(changed.getOrDefault(channel, List.of()));
			onChannel.add(new Subscription(subscriber, channel, handler));
			changed.put(channel, List.copyOf(onChannel));
		}
		this.byChannel = changed;
	}

	synchronized void remove(Object id, ChannelName channel) {
		Subscription removed = find(id, channel);
		if (removed == null) {
			return;
		}
		removed.cancel();
		Map<ChannelName, List<Subscription>> changed = new LinkedHashMap<>(this.byChannel);
		List<Subscription> onChannel = new ArrayList<>(changed.get(channel));
		onChannel.remove(removed);
		if (onChannel.isEmpty()) {
			changed.remove(channel);
		}
		else {
			changed.put(channel, List.copyOf(onChannel));
		}
		this.byChannel = changed;
		boolean hearsMore = changed.values()
			.stream()
			.flatMap(List::stream)
			.anyMatch((each) -> each.subscriber().id().equals(id));
		if (!hearsMore) {
			this.subscribers.remove(id);
		}
	}

	List<Subscription> on(ChannelName channel) {
		return this.byChannel.getOrDefault(channel, List.of());
	}

	/**
	 * Channels that somebody hears, sorted.
	 */
	Set<ChannelName> channels() {
		return new TreeSet<>(this.byChannel.keySet());
	}

	synchronized List<Subscriber> subscribers() {
		return List.copyOf(this.subscribers.values());
	}

	private @Nullable Subscription find(Object id, ChannelName channel) {
		for (Subscription subscription : on(channel)) {
			if (subscription.subscriber().id().equals(id)) {
				return subscription;
			}
		}
		return null;
	}

}
