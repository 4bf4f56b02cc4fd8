package io.github.pgnotify.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

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

	private volatile boolean signaled;

	private long lookAt;

	private boolean keyed;

	private boolean suspect;

	private String lastKey = "";

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
		this.signaled = true;
	}

	/**
	 * Whether to look now.
	 */
	boolean isDue(long now) {
		return this.signaled || now - this.lookAt >= 0;
	}

	/**
	 * Begins to look: what is signalled from now on counts for the next time.
	 */
	void look(long nextAt) {
		this.signaled = false;
		this.lookAt = nextAt;
	}

	void lookNoLaterThan(long at) {
		if (at - this.lookAt < 0) {
			this.lookAt = at;
		}
	}

	long lookAt() {
		return this.signaled ? System.nanoTime() : this.lookAt;
	}

	boolean hasKeyed() {
		return this.keyed;
	}

	boolean hasSuspect() {
		return this.suspect;
	}

	void found(boolean anyKeyed, boolean anySuspect) {
		this.keyed = anyKeyed;
		this.suspect = anySuspect;
	}

	String lastKey() {
		return this.lastKey;
	}

	void lastKey(String key) {
		this.lastKey = key;
	}

	void hold(LeasedDelivery delivery) {
		this.held.put(delivery.messageId(), delivery);
	}

	/**
	 * Its lease is over, one way or the other. Any thread.
	 */
	void forget(LeasedDelivery delivery) {
		if (this.held.remove(delivery.messageId(), delivery) && delivery.claimed().key() != null) {
			// The next one of the key may follow
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
