package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.gateway.PgGatewayRequest.Action;
import org.jspecify.annotations.Nullable;

/**
 * Who hears what: decides whether a client may, and has live and stored channels do it.
 */
final class Channels {

	private static final int NOT_FOUND = 404;

	private static final int TOO_MANY_REQUESTS = 429;

	private final Access access;

	private final ChannelSource live;

	private final ChannelSource stored;

	private final int limit;

	Channels(Access access, ChannelSource live, ChannelSource stored, int limit) {
		this.access = access;
		this.live = live;
		this.stored = stored;
		this.limit = limit;
	}

	/**
	 * Names of all channels that a client may hear, as far as they are configured by
	 * name.
	 */
	List<String> allowed(Visitor visitor) {
		return this.access.names().stream().filter((name) -> {
			PgGatewayChannel rule = this.access.rule(name);
			return rule != null && this.access.decide(rule, visitor, Action.SUBSCRIBE, ChannelName.of(name)).allowed();
		}).toList();
	}

	/**
	 * Lets a client hear channels.
	 * @param client the client
	 * @param names the channels; those it hears already are left as they are
	 * @param after where to go on; {@code null} to begin now
	 * @param refusals told of each channel that it may not hear; may throw the refusal,
	 * and then it hears none of them
	 * @return completes when it hears them, and has been told so; fails if one of them
	 * cannot be heard, which it has been told, too
	 */
	CompletableFuture<Void> subscribe(GatewayClient client, List<String> names, @Nullable String after,
			BiConsumer<String, Refusal> refusals) {
		Set<String> heard = new HashSet<>();
		client.subscriptions().forEach((subscription) -> heard.add(subscription.channel().value()));
		List<Subscription> subscriptions = new ArrayList<>();
		for (String name : names) {
			try {
				if (!heard.contains(name)) {
					if (heard.size() + subscriptions.size() >= this.limit) {
						throw new Refusal(TOO_MANY_REQUESTS, "too many subscriptions");
					}
					subscriptions.add(permit(client, name, after != null));
				}
			}
			catch (Refusal ex) {
				refusals.accept(name, ex);
			}
		}
		subscriptions.removeIf((subscription) -> !client.add(subscription));
		List<CompletableFuture<Void>> told = new ArrayList<>();
		subscriptions.stream()
			.filter((each) -> !each.isStored())
			.forEach((each) -> told.add(begin(this.live, List.of(each), after)));
		List<Subscription> stored = subscriptions.stream().filter(Subscription::isStored).toList();
		if (!stored.isEmpty()) {
			told.add(begin(this.stored, stored, after));
		}
		return CompletableFuture.allOf(told.toArray(CompletableFuture[]::new));
	}

	private static CompletableFuture<Void> begin(ChannelSource source, List<Subscription> subscriptions,
			@Nullable String after) {
		CompletableFuture<Void> told;
		try {
			told = source.add(subscriptions, after);
		}
		catch (RuntimeException ex) {
			told = CompletableFuture.failedFuture(ex);
		}
		for (Subscription subscription : subscriptions) {
			if (!subscription.isWanted()) {
				// The client has gone, or changed its mind, meanwhile
				source.remove(subscription);
			}
		}
		return told.whenComplete((done, failure) -> {
			if (failure != null) {
				subscriptions.stream().filter(Subscription::isWanted).forEach((each) -> fail(source, each, failure));
			}
		});
	}

	private static void fail(ChannelSource source, Subscription subscription, Throwable failure) {
		GatewayClient client = subscription.client();
		client.remove(subscription);
		source.remove(subscription);
		String reason = (failure instanceof Refusal refusal) ? refusal.reason() : "the channel cannot be listened on";
		client.send(Notice.error(subscription.channel().value(), reason));
	}

	private Subscription permit(GatewayClient client, String name, boolean replay) {
		PgGatewayChannel rule = this.access.rule(name);
		if (rule == null) {
			throw new Refusal(NOT_FOUND, "no such channel");
		}
		ChannelName channel = ChannelName.of(name);
		PgGatewayDecision decision = this.access.decide(rule, client.visitor(), Action.SUBSCRIBE, channel);
		Instant until = decision.until();
		boolean allowed = decision.allowed();
		if (allowed && replay && rule.kind() == PgGatewayChannel.Kind.STORED) {
			PgGatewayDecision replaying = this.access.decide(rule, client.visitor(), Action.REPLAY, channel);
			allowed = replaying.allowed();
			until = earlier(until, replaying.until());
		}
		if (!allowed) {
			throw new Refusal(NOT_FOUND, "no such channel");
		}
		return new Subscription(client, channel, rule, until);
	}

	/**
	 * Asks again whether a client may hear a channel.
	 */
	boolean isStillPermitted(Subscription subscription) {
		PgGatewayDecision decision = this.access.decide(subscription.rule(), subscription.client().visitor(),
				Action.SUBSCRIBE, subscription.channel());
		Instant until = decision.until();
		subscription.until(until);
		return decision.allowed() && (until == null || until.isAfter(Instant.now()));
	}

	/**
	 * Whether a client may send to a channel.
	 * @return the channel's settings; {@code null} if it may not
	 */
	@Nullable PgGatewayChannel permitPublish(GatewayClient client, String name) {
		PgGatewayChannel rule = this.access.rule(name);
		boolean allowed = rule != null
				&& this.access.decide(rule, client.visitor(), Action.PUBLISH, ChannelName.of(name)).allowed();
		return allowed ? rule : null;
	}

	/**
	 * Ends a subscription.
	 * @return whether there was one
	 */
	boolean unsubscribe(GatewayClient client, String name) {
		Subscription subscription = client.remove(name);
		if (subscription != null) {
			source(subscription).remove(subscription);
		}
		return subscription != null;
	}

	void unsubscribeAll(GatewayClient client) {
		client.removeAll().forEach((subscription) -> source(subscription).remove(subscription));
	}

	/**
	 * Looks after what nobody else does.
	 */
	void poll(long now) {
		this.live.poll(now);
		this.stored.poll(now);
	}

	/**
	 * Tells clients of stored channels where to go on, though there was nothing for them.
	 */
	void refresh(Collection<GatewayClient> clients) {
		this.stored.refresh(clients);
	}

	private ChannelSource source(Subscription subscription) {
		return subscription.isStored() ? this.stored : this.live;
	}

	private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
		if (one == null || (other != null && other.isBefore(one))) {
			return other;
		}
		return one;
	}

}
