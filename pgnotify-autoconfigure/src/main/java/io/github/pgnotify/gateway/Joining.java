package io.github.pgnotify.gateway;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Subscriptions of one client to stored channels that are about to begin, perhaps after
 * what the client has missed.
 */
final class Joining {

	private final List<Subscription> subscriptions;

	private final @Nullable String after;

	private final CompletableFuture<Void> told = new CompletableFuture<>();

	private @Nullable Position position;

	Joining(List<Subscription> subscriptions, @Nullable String after) {
		this.subscriptions = subscriptions;
		this.after = after;
	}

	GatewayClient client() {
		return this.subscriptions.get(0).client();
	}

	List<Subscription> subscriptions() {
		return this.subscriptions;
	}

	Set<String> channels() {
		return this.subscriptions.stream()
			.map((subscription) -> subscription.channel().value())
			.collect(Collectors.toSet());
	}

	@Nullable String after() {
		return this.after;
	}

	/**
	 * What the client has been sent; {@code null} before anybody has looked.
	 */
	@Nullable Position position() {
		return this.position;
	}

	void position(Position reached) {
		this.position = reached;
	}

	CompletableFuture<Void> told() {
		return this.told;
	}

	/**
	 * Tells the client that it hears its channels, or is about to be sent what it has
	 * missed of them.
	 */
	void tell(String cursor) {
		if (!this.told.isDone()) {
			this.subscriptions.forEach((each) -> client().send(Notice.subscribed(each.channel(), cursor)));
			this.told.complete(null);
		}
	}

	void gap(String cause) {
		this.subscriptions.forEach((each) -> client().send(Notice.gap(each.channel(), cause)));
	}

	/**
	 * Sends a message to those of the subscriptions that are for its channel.
	 */
	void send(StoredMessage message, String cursor) {
		for (Subscription subscription : this.subscriptions) {
			if (subscription.channel().value().equals(message.row().channel())) {
				subscription.send(message.withCursor(cursor));
			}
		}
	}

}
