package io.github.pgnotify.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgnotify.ChannelName;

/**
 * One channel of a member: when to look for messages there, and which are leased. The
 * thread of the queue alone changes it, except where it says otherwise.
 */
final class Intake {

	private final GroupMember member;

	private final ChannelName channel;

	/** Thread-safe: handlers' transactions remove what they have ended. */
	private final Map<Long, LeasedDelivery> held = new ConcurrentHashMap<>();

	private volatile int subscription;

	private final AtomicBoolean signaled = new AtomicBoolean();

	private long lookAt;

	private String lastKey = "";

	/** Whether a key before the last one may have something by now. */
	private boolean keysChanged;

	private boolean keyed;

	private boolean suspect;

	Intake(GroupMember member, ChannelName channel) {
		this.member = member;
		this.channel = channel;
	}

	GroupMember member() {
		return this.member;
	}

	ChannelName channel() {
		return this.channel;
	}

	String group() {
		return this.member.definition().group();
	}

	/**
	 * Lets it be claimed from. Any thread.
	 */
	void open(int subscriptionId) {
		this.subscription = subscriptionId;
		signal();
	}

	boolean isOpen() {
		return this.subscription != 0;
	}

	int subscription() {
		return this.subscription;
	}

	/**
	 * There may be something. Any thread.
	 */
	void signal() {
		this.signaled.set(true);
	}

	/**
	 * Whether to look now.
	 */
	boolean isDue(long now) {
		return this.signaled.get() || now - this.lookAt >= 0;
	}

	/**
	 * Begins to look: what is signalled from now on counts for the next time.
	 */
	void look(long nextAt) {
		this.keysChanged |= this.signaled.getAndSet(false);
		this.lookAt = nextAt;
	}

	void lookNoLaterThan(long at) {
		if (at - this.lookAt < 0) {
			this.lookAt = at;
		}
	}

	long lookAt() {
		return this.signaled.get() ? System.nanoTime() : this.lookAt;
	}

	/**
	 * What there was besides when it was last looked at.
	 */
	void found(boolean anyKeyed, boolean anySuspect) {
		this.keyed = anyKeyed;
		this.suspect = anySuspect;
	}

	boolean hasKeyed() {
		return this.keyed;
	}

	boolean hasSuspect() {
		return this.suspect;
	}

	/**
	 * The key after which to go on looking at keys; empty to begin with the first.
	 */
	String lastKey() {
		return this.lastKey;
	}

	/**
	 * Keys were looked at.
	 * @param last the last of them; empty if there is none after it
	 * @param claimed whether there was something
	 * @return whether to look at more of them at once: all are looked at until a whole
	 * pass over them has found nothing
	 */
	boolean sawKeys(String last, boolean claimed) {
		if (this.lastKey.isEmpty()) {
			this.keysChanged = false;
		}
		this.keysChanged |= claimed;
		this.lastKey = last;
		return !last.isEmpty() || this.keysChanged;
	}

	void hold(LeasedDelivery delivery) {
		this.held.put(delivery.messageId(), delivery);
	}

	/**
	 * Its lease is over, one way or the other. Any thread.
	 */
	void forget(LeasedDelivery delivery) {
		if (this.held.remove(delivery.messageId(), delivery)
				&& (delivery.claimed().key() != null || delivery.isSuspect())) {
			// The next one of the key may follow, or the next suspect
			signal();
		}
	}

	List<LeasedDelivery> held() {
		return new ArrayList<>(this.held.values());
	}

	boolean isHolding() {
		return !this.held.isEmpty();
	}

}
