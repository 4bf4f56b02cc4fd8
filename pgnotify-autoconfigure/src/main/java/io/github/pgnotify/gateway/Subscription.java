package io.github.pgnotify.gateway;

import java.time.Instant;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * That a client hears a channel, or is about to.
 */
final class Subscription {

	private final GatewayClient client;

	private final ChannelName channel;

	private final PgGatewayChannel rule;

	private volatile @Nullable Instant until;

	private volatile @Nullable Long askedAt;

	Subscription(GatewayClient client, ChannelName channel, PgGatewayChannel rule, @Nullable Instant until) {
		this.client = client;
		this.channel = channel;
		this.rule = rule;
		this.until = until;
	}

	GatewayClient client() {
		return this.client;
	}

	ChannelName channel() {
		return this.channel;
	}

	PgGatewayChannel rule() {
		return this.rule;
	}

	/**
	 * Whether the client still wants it.
	 */
	boolean isWanted() {
		return this.client.hears(this);
	}

	boolean isStored() {
		return this.rule.kind() == PgGatewayChannel.Kind.STORED;
	}

	/**
	 * Until when it is permitted; {@code null} for ever.
	 */
	@Nullable Instant until() {
		return this.until;
	}

	void until(@Nullable Instant until) {
		this.until = until;
	}

	/**
	 * Remembers that whether it is still permitted is being asked.
	 * @return whether nobody was asking
	 */
	boolean ask(long now) {
		boolean first = this.askedAt == null;
		if (first) {
			this.askedAt = now;
		}
		return first;
	}

	void answered() {
		this.askedAt = null;
	}

	/**
	 * For how long there has been no answer.
	 */
	long unansweredNanos(long now) {
		Long asked = this.askedAt;
		return (asked != null) ? now - asked : 0;
	}

	/**
	 * Sends a message if it is for this client.
	 */
	void send(Message message) {
		if (message.isFor(this.rule, this.client.visitor().clientId())) {
			this.client.send(message);
		}
	}

}
