package io.github.pgnotify.gateway;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * Where the messages of a kind of channels come from.
 */
interface ChannelSource {

	/**
	 * Word of the clients of live channels for where to go on, which they cannot.
	 */
	String LIVE_CURSOR = "live";

	/**
	 * Begins to send to subscriptions of one client, tells the client when it has, and
	 * before that what it has missed.
	 * @param subscriptions the subscriptions
	 * @param after where to go on; {@code null} to begin now
	 * @return completes when the client has been told
	 */
	CompletableFuture<Void> add(List<Subscription> subscriptions, @Nullable String after);

	/**
	 * Ends it.
	 * @param subscription the subscription
	 */
	void remove(Subscription subscription);

	/**
	 * Looks after what nobody else does. Called a few times a second.
	 */
	void poll(long now);

	/**
	 * Tells clients where to go on, though there was nothing for them.
	 * @param clients the clients
	 */
	default void refresh(Collection<GatewayClient> clients) {
	}

}
