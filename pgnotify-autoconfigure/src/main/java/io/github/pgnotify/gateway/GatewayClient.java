package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * One client, from its request until it is gone. Thread-safe; nothing here waits for it.
 */
final class GatewayClient implements Outbox.Owner {

	private final long id;

	private final Visitor visitor;

	private final Format format;

	private final Clients clients;

	private final Outbox outbox;

	private final Budget budget;

	private final Instant since = Instant.now();

	private final long createdAt = System.nanoTime();

	private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();

	private final @Nullable Instant tokenExpiry;

	private final AtomicBoolean closed = new AtomicBoolean();

	private final AtomicBoolean released = new AtomicBoolean();

	private volatile @Nullable Transport transport;

	private volatile long pingedAt;

	private volatile boolean awaitsPong;

	private volatile PgGatewayCloseCode closeCode = PgGatewayCloseCode.NORMAL;

	private volatile String closeReason = "";

	private volatile long closedAt;

	GatewayClient(long id, Visitor visitor, Format format, Clients clients, PgGatewaySettings.Limits limits) {
		this.id = id;
		this.visitor = visitor;
		this.tokenExpiry = TokenExpiry.of(visitor.principal());
		this.format = format;
		this.clients = clients;
		this.outbox = new Outbox(this, (int) limits.sendBuffer().toBytes());
		this.budget = new Budget(limits.commandsPerSecond(), limits.subscriptions());
	}

	long id() {
		return this.id;
	}

	Visitor visitor() {
		return this.visitor;
	}

	Format format() {
		return this.format;
	}

	Outbox outbox() {
		return this.outbox;
	}

	Budget budget() {
		return this.budget;
	}

	boolean isOpen() {
		return this.transport != null;
	}

	boolean isClosed() {
		return this.closed.get();
	}

	/**
	 * What was sent so far waited for this.
	 */
	void open(Transport opened) {
		this.pingedAt = System.nanoTime();
		this.transport = opened;
		if (this.closed.get()) {
			opened.close(this.closeCode, this.closeReason);
			return;
		}
		this.clients.opened(this);
		this.outbox.open(opened);
	}

	/**
	 * Sends something, if there is a way to say it. A client that does not take what is
	 * sent to it is closed.
	 */
	void send(Outgoing outgoing) {
		Frame frame = outgoing.frame(this.format);
		if (frame != null) {
			send(frame);
		}
	}

	void send(Frame frame) {
		if (!this.outbox.offer(frame)) {
			close(PgGatewayCloseCode.TOO_SLOW);
		}
	}

	void close(PgGatewayCloseCode code) {
		close(code, code.reason());
	}

	/**
	 * Closes the connection: at once if nothing is being written, else as soon as that is
	 * written or will never be.
	 */
	void close(PgGatewayCloseCode code, String reason) {
		if (!this.closed.compareAndSet(false, true)) {
			return;
		}
		this.closeCode = code;
		this.closeReason = reason;
		this.closedAt = System.nanoTime();
		this.clients.closed(this, code, reason);
		if (!isOpen()) {
			release();
		}
		if (this.outbox.close()) {
			hangUp();
		}
		else {
			this.clients.closing(this);
		}
	}

	/**
	 * The connection has ended, by itself or because it was closed.
	 */
	void gone() {
		gone(PgGatewayCloseCode.NORMAL);
	}

	void gone(PgGatewayCloseCode code) {
		if (this.closed.compareAndSet(false, true)) {
			this.clients.closed(this, code, code.reason());
			this.outbox.close();
		}
		this.clients.hungUp(this);
		release();
	}

	private void release() {
		if (this.released.compareAndSet(false, true)) {
			this.clients.released(this);
		}
	}

	/**
	 * Whether its token holds no longer.
	 */
	boolean isExpired(Instant now) {
		return this.tokenExpiry != null && !this.tokenExpiry.isAfter(now);
	}

	/**
	 * Closes the connection, written or not.
	 */
	void hangUp() {
		Transport open = this.transport;
		if (open != null) {
			this.clients.hangUp(() -> open.close(this.closeCode, this.closeReason));
		}
		this.clients.hungUp(this);
	}

	@Override
	public void failed(Throwable failure) {
		this.closeReason = "gone";
		gone();
		hangUp();
	}

	@Override
	public void written() {
		hangUp();
	}

	/**
	 * Adds a subscription.
	 * @return whether there was none on its channel
	 */
	boolean add(Subscription subscription) {
		synchronized (this.subscriptions) {
			return !this.closed.get()
					&& this.subscriptions.putIfAbsent(subscription.channel().value(), subscription) == null;
		}
	}

	@Nullable Subscription remove(String channel) {
		synchronized (this.subscriptions) {
			return this.subscriptions.remove(channel);
		}
	}

	boolean hears(Subscription subscription) {
		synchronized (this.subscriptions) {
			return this.subscriptions.get(subscription.channel().value()) == subscription;
		}
	}

	/**
	 * Removes a subscription, unless it is another one on that channel by now.
	 */
	void remove(Subscription subscription) {
		synchronized (this.subscriptions) {
			this.subscriptions.remove(subscription.channel().value(), subscription);
		}
	}

	/**
	 * Ends all subscriptions.
	 * @return those that there were
	 */
	Collection<Subscription> removeAll() {
		synchronized (this.subscriptions) {
			Collection<Subscription> all = new ArrayList<>(this.subscriptions.values());
			this.subscriptions.clear();
			return all;
		}
	}

	Collection<Subscription> subscriptions() {
		synchronized (this.subscriptions) {
			return new ArrayList<>(this.subscriptions.values());
		}
	}

	/**
	 * Whether nothing has happened after the request that should have.
	 */
	boolean isAbandoned(long now, long patience) {
		return !isOpen() && now - this.createdAt > patience;
	}

	/**
	 * For how long it has been closed and nevertheless there.
	 */
	long closingNanos(long now) {
		return now - this.closedAt;
	}

	/**
	 * Whether it has not answered a ping in time.
	 */
	boolean isSilent(long now, long pongTimeout) {
		return this.awaitsPong && now - this.pingedAt > pongTimeout;
	}

	boolean isPingDue(long now, long interval) {
		return isOpen() && !this.awaitsPong && now - this.pingedAt > interval;
	}

	void pinged(long now) {
		this.pingedAt = now;
	}

	/**
	 * Asks the client whether it is there; what is being written to it asks as well.
	 */
	void ping() {
		Transport open = this.transport;
		this.pingedAt = System.nanoTime();
		if (open == null || this.closed.get() || !this.outbox.isIdle()) {
			return;
		}
		if (this.format.isEvent()) {
			send(EventText.comment());
			return;
		}
		this.awaitsPong = true;
		if (!open.ping()) {
			this.awaitsPong = false;
		}
	}

	void pong() {
		this.awaitsPong = false;
	}

	PgGatewayConnection describe() {
		Set<ChannelName> channels = new TreeSet<>();
		subscriptions().forEach((subscription) -> channels.add(subscription.channel()));
		return new PgGatewayConnection(this.id,
				this.format.isEvent() ? PgGatewayConnection.Transport.EVENT_STREAM
						: PgGatewayConnection.Transport.WEB_SOCKET,
				this.visitor.user(), this.visitor.clientId(), this.visitor.remoteAddress(), this.since, channels);
	}

}
