package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;

import io.github.pgnotify.lifecycle.DaemonThreads;

/**
 * All clients: lets them in, looks after them every moment, and lets go of them. It takes
 * a handful of threads, however many clients there are.
 */
final class Clients {

	private static final long HANDSHAKE_NANOS = 30_000_000_000L;

	private static final int CLOSING_THREADS = 4;

	/** How long an authorizer may think about a permission that has expired. */
	private static final long ANSWER_NANOS = 600_000_000;

	private final PgGatewaySettings settings;

	private final Channels channels;

	private final Consumer<PgGatewayEvent> events;

	private final Counters counters;

	private final AtomicLong count = new AtomicLong();

	private final AtomicLongArray closings = new AtomicLongArray(PgGatewayCloseCode.values().length);

	private final Set<GatewayClient> all = ConcurrentHashMap.newKeySet();

	/** Closed, with something half written. */
	private final Set<GatewayClient> closing = ConcurrentHashMap.newKeySet();

	// The container may wait for a moment until a close frame or a ping is on its way

	private final ThreadPoolExecutor hangingUp = DaemonThreads.atMost("pgnotify-gateway-close", CLOSING_THREADS);

	private final Executor pinging = DaemonThreads.atMost("pgnotify-gateway-ping", 2);

	private final Executor asking = DaemonThreads.atMost("pgnotify-gateway-access", 2);

	Clients(PgGatewaySettings settings, Channels channels, Consumer<PgGatewayEvent> events) {
		this.settings = settings;
		this.channels = channels;
		this.events = events;
		this.counters = new Counters(settings.limits());
	}

	/**
	 * Lets a client in.
	 * @throws Refusal if there are too many
	 */
	GatewayClient admit(Visitor visitor, Format format) {
		this.counters.add(visitor);
		GatewayClient client = new GatewayClient(this.count.incrementAndGet(), visitor, format, this,
				this.settings.limits());
		this.all.add(client);
		return client;
	}

	void opened(GatewayClient client) {
		this.events.accept(new PgGatewayEvent.Connected(client.describe()));
	}

	void closed(GatewayClient client, PgGatewayCloseCode code, String reason) {
		PgGatewayConnection connection = client.describe();
		this.closings.incrementAndGet(code.ordinal());
		this.all.remove(client);
		this.channels.unsubscribeAll(client);
		if (client.isOpen()) {
			this.events.accept(new PgGatewayEvent.Disconnected(connection, code, reason));
		}
	}

	/**
	 * The connection has ended, and counts no longer.
	 */
	void released(GatewayClient client) {
		this.counters.remove(client.visitor());
	}

	void closing(GatewayClient client) {
		this.closing.add(client);
	}

	void hungUp(GatewayClient client) {
		this.closing.remove(client);
	}

	void hangUp(Runnable close) {
		this.hangingUp.execute(close);
	}

	void refused(Visitor visitor, String reason) {
		this.events.accept(new PgGatewayEvent.Refused(visitor.remoteAddress(), visitor.user(), reason));
	}

	List<PgGatewayConnection> describe() {
		return this.all.stream().filter(GatewayClient::isOpen).map(GatewayClient::describe).toList();
	}

	long closings(PgGatewayCloseCode code) {
		return this.closings.get(code.ordinal());
	}

	int size() {
		return this.all.size();
	}

	boolean isEmpty() {
		return this.all.isEmpty() && this.closing.isEmpty();
	}

	/**
	 * Whether nobody has anything on its way.
	 */
	boolean isIdle() {
		return this.all.stream().allMatch((client) -> client.outbox().isIdle());
	}

	void closeAll(PgGatewayCloseCode code) {
		this.all.forEach((client) -> client.close(code));
	}

	void hangUpAll() {
		this.closing.forEach(GatewayClient::hangUp);
	}

	/**
	 * Whether every close frame is on its way.
	 */
	boolean isHungUp() {
		return this.hangingUp.getQueue().isEmpty() && this.hangingUp.getActiveCount() == 0;
	}

	/**
	 * Looks after everybody. Called a few times a second.
	 */
	void tick() {
		long now = System.nanoTime();
		Instant time = Instant.now();
		Collection<GatewayClient> following = new ArrayList<>();
		this.channels.poll(now);
		for (GatewayClient client : this.all) {
			if (client.isPingDue(now, this.settings.timing().pingInterval().toNanos())) {
				client.pinged(now);
				this.pinging.execute(client::ping);
				following.add(client);
			}
			closeIfDead(client, now);
			if (client.isExpired(time)) {
				client.close(PgGatewayCloseCode.EXPIRED);
			}
			client.subscriptions().forEach((subscription) -> askAgain(subscription, now, time));
		}
		this.channels.refresh(following);
		long patience = this.settings.timing().sendTimeout().toNanos();
		this.closing.stream().filter((client) -> client.closingNanos(now) > patience).forEach(GatewayClient::hangUp);
	}

	private void closeIfDead(GatewayClient client, long now) {
		PgGatewaySettings.Timing timing = this.settings.timing();
		if (client.outbox().stalledNanos(now) > timing.sendTimeout().toNanos() && client.isOpen()) {
			client.close(PgGatewayCloseCode.TOO_SLOW);
			client.hangUp();
		}
		else if (client.isSilent(now, timing.pongTimeout().toNanos())) {
			client.close(PgGatewayCloseCode.NO_PONG);
		}
		else if (client.isAbandoned(now, HANDSHAKE_NANOS)) {
			client.close(PgGatewayCloseCode.NORMAL);
		}
	}

	/**
	 * Asks whether what has expired is permitted again. No answer in time is no.
	 */
	private void askAgain(Subscription subscription, long now, Instant time) {
		Instant until = subscription.until();
		if (until == null || until.isAfter(time)) {
			return;
		}
		if (subscription.ask(now)) {
			this.asking.execute(() -> answer(subscription));
		}
		else if (subscription.unansweredNanos(now) > ANSWER_NANOS) {
			subscription.client().close(PgGatewayCloseCode.EXPIRED);
		}
	}

	private void answer(Subscription subscription) {
		if (subscription.isWanted() && !this.channels.isStillPermitted(subscription)) {
			subscription.client().close(PgGatewayCloseCode.EXPIRED);
		}
		subscription.answered();
	}

}
