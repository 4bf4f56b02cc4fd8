package io.github.pgnotify.sample;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

/**
 * What arrived lately, and where something may have been missed, and who wants to know of
 * it. Thread-safe.
 */
@Component
public class Arrivals {

	/**
	 * So many are kept.
	 */
	public static final int KEPT = 50;

	private final Deque<Shown> latest = new ArrayDeque<>();

	private final Set<Consumer<Shown>> followers = new LinkedHashSet<>();

	/**
	 * Adds an arrival.
	 * @param channel on which channel
	 * @param payload what the listener was given
	 * @param senderPid process id of the sender's server process
	 * @param listener id of the listener
	 */
	public void add(String channel, @Nullable Object payload, int senderPid, String listener) {
		add(new Arrival(Instant.now(), channel, payload, senderPid, listener));
	}

	/**
	 * Adds an arrival, or a gap between them.
	 * @param shown what to show
	 */
	public synchronized void add(Shown shown) {
		if (this.latest.size() == KEPT) {
			this.latest.removeFirst();
		}
		this.latest.addLast(shown);
		List.copyOf(this.followers).forEach((follower) -> follower.accept(shown));
	}

	/**
	 * The arrivals that are kept.
	 * @return a snapshot, oldest first
	 */
	public synchronized List<Arrival> latest() {
		return this.latest.stream().filter(Arrival.class::isInstance).map(Arrival.class::cast).toList();
	}

	/**
	 * Tells of what is kept, oldest first, and from then on of every new one, in their
	 * order and by one thread at a time.
	 * @param follower whom to tell; it must not wait for anything, all others wait for it
	 */
	public synchronized void follow(Consumer<Shown> follower) {
		this.latest.forEach(follower);
		this.followers.add(follower);
	}

	/**
	 * Tells somebody no more.
	 * @param follower whom
	 */
	public synchronized void unfollow(Consumer<Shown> follower) {
		this.followers.remove(follower);
	}

}
