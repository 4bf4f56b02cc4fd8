package io.github.pgnotify.connection;

import java.time.Duration;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A notification to itself: the only proof that notifications arrive. Sent when a
 * connection is made and from then on rarely, since up to PostgreSQL 18 every
 * notification wakes every listener of the database.
 */
final class Loopback {

	private final ControlChannel control;

	private final long intervalNanos;

	private final long timeoutNanos;

	/** How soon to try again what could not be sent. */
	private static final long RETRY_NANOS = Duration.ofSeconds(5).toNanos();

	private volatile @Nullable String awaited;

	/** When it was committed; 0 while that is not known. */
	private volatile long sentAt;

	private volatile boolean unsendable;

	private volatile long nextAt;

	Loopback(ControlChannel control, Duration interval, Duration timeout) {
		this.control = control;
		this.intervalNanos = interval.toNanos();
		this.timeoutNanos = timeout.toNanos();
	}

	/**
	 * Sends one, in place of one that is under way. That it cannot be sent says nothing
	 * about the session that listens.
	 */
	synchronized void send() {
		String nonce = UUID.randomUUID().toString();
		this.sentAt = 0;
		this.unsendable = false;
		this.awaited = nonce;
		this.control.send(nonce, (sent) -> outcome(nonce, sent));
	}

	private synchronized void outcome(String nonce, boolean sent) {
		if (!nonce.equals(this.awaited)) {
			return;
		}
		if (sent) {
			this.sentAt = System.nanoTime() | 1;
		}
		else {
			this.unsendable = true;
			this.nextAt = System.nanoTime() + RETRY_NANOS;
			this.awaited = null;
		}
	}

	void sendIfDue() {
		if (this.awaited == null && System.nanoTime() - this.nextAt > 0) {
			send();
		}
	}

	/**
	 * Has the next one sent at once: there is doubt whether notifications arrive.
	 */
	void hasten() {
		this.nextAt = System.nanoTime();
	}

	/**
	 * Does not count a time in which nothing could have arrived.
	 */
	synchronized void standstill(long nanos) {
		if (this.sentAt != 0) {
			this.sentAt = Math.min(this.sentAt + nanos, System.nanoTime()) | 1;
		}
	}

	/**
	 * Takes a payload that came on the control channel.
	 */
	synchronized void arrived(String payload) {
		if (payload.equals(this.awaited)) {
			this.nextAt = System.nanoTime() + this.intervalNanos;
			this.awaited = null;
		}
	}

	boolean isUnderWay() {
		return this.awaited != null;
	}

	/**
	 * Whether the last one could not be sent.
	 */
	boolean isUnsendable() {
		return this.unsendable;
	}

	boolean isOverdue() {
		return isLaterThan(this.timeoutNanos);
	}

	/**
	 * Whether one was sent longer ago than this and has not arrived.
	 */
	boolean isLaterThan(long nanos) {
		long sent = this.sentAt;
		return this.awaited != null && sent != 0 && System.nanoTime() - sent > nanos;
	}

	void forget() {
		this.awaited = null;
	}

}
