package io.github.pgnotify.gateway;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

	private String epoch = "";

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

	/**
	 * Whether the client still wants any of it.
	 */
	boolean isWanted() {
		return this.subscriptions.stream().anyMatch(Subscription::isWanted);
	}

	/**
	 * The channels that the client still wants.
	 */
	Set<String> channels() {
		return wanted().map((subscription) -> subscription.channel().value()).collect(Collectors.toSet());
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

	/**
	 * In which life of the database its position means something.
	 */
	String epoch() {
		return this.epoch;
	}

	void begin(Position from, String inEpoch) {
		this.position = from;
		this.epoch = inEpoch;
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
			wanted().forEach((each) -> client().send(Notice.subscribed(each.channel(), cursor)));
			this.told.complete(null);
		}
	}

	void gap(String cause) {
		wanted().forEach((each) -> client().send(Notice.gap(each.channel(), cause)));
	}

	private Stream<Subscription> wanted() {
		return this.subscriptions.stream().filter(Subscription::isWanted);
	}

	/**
	 * Sends a message to those of the subscriptions that are for its channel and still
	 * wanted.
	 */
	void send(StoredMessage message, String cursor) {
		for (Subscription subscription : this.subscriptions) {
			if (subscription.channel().value().equals(message.row().channel()) && subscription.isWanted()) {
				subscription.send(message.withCursor(cursor));
			}
		}
	}

}
