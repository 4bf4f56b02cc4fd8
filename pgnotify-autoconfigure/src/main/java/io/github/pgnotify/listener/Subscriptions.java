package io.github.pgnotify.listener;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import io.github.pgnotify.ChannelName;

/**
 * Who hears which channel, at one moment. Immutable: a change makes another one, and the
 * reading thread looks up without a lock.
 *
 * @param byChannel subscriptions by channel, none of them empty
 * @param unheard channels that are listened on although nobody hears them
 * @param muted channels whose notifications are dropped
 * @param subscribers subscribers by id
 */
record Subscriptions(Map<ChannelName, List<Subscription>> byChannel, Set<ChannelName> unheard, Set<ChannelName> muted,
		Map<Object, Subscriber> subscribers) {

	static final Subscriptions NONE = new Subscriptions(Map.of(), Set.of(), Set.of(), Map.of());

	/**
	 * Who is to be told of what arrives on a channel.
	 */
	List<Subscription> on(ChannelName channel) {
		return this.muted.contains(channel) ? List.of() : this.byChannel.getOrDefault(channel, List.of());
	}

	/**
	 * Whether it is this very subscriber that hears, not another one of the same id.
	 */
	boolean has(Subscriber subscriber) {
		return this.subscribers.get(subscriber.id()) == subscriber;
	}

	/**
	 * All channels to listen on, sorted.
	 */
	Set<ChannelName> channels() {
		Set<ChannelName> channels = new TreeSet<>(this.byChannel.keySet());
		channels.addAll(this.unheard);
		return channels;
	}

	/**
	 * Ids of the subscribers by channel.
	 */
	Map<ChannelName, Set<Object>> ids() {
		Map<ChannelName, Set<Object>> ids = new TreeMap<>();
		channels().forEach((channel) -> ids.put(channel, Set.of()));
		this.byChannel.forEach((channel, subscriptions) -> ids.put(channel,
				subscriptions.stream()
					.map((subscription) -> subscription.subscriber().id())
					.collect(Collectors.toCollection(LinkedHashSet::new))));
		return ids;
	}

}
