package io.github.pgnotify.testsupport.fault;

import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * What a proxy does to the bytes at present. It is the monitor that the test's thread and
 * all of the proxy's wait on.
 */
final class Traffic {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Set<ProxiedConnection> connections = new HashSet<>();

	private final Map<Direction, Long> forwarded = new EnumMap<>(Direction.class);

	/**
	 * How much a new connection may forward in each direction, absent if all.
	 */
	private final Map<Direction, Long> allowances = new EnumMap<>(Direction.class);

	private Delay delay = new Delay(Duration.ZERO, Duration.ZERO, 0);

	private @Nullable Predicate<BackendMessage> cut;

	private boolean stopped;

	private int connectAttempts;

	private int cuts;

	synchronized void stop() {
		this.stopped = true;
	}

	synchronized void resume() {
		this.stopped = false;
		this.allowances.clear();
		this.connections.forEach((connection) -> connection.lanes().forEach((lane) -> lane.allow(null)));
		notifyAll();
	}

	synchronized void stallOpen(Direction direction, long bytes) {
		this.connections.forEach((connection) -> connection.lane(direction).allow(bytes));
		notifyAll();
	}

	synchronized void stallNew(Direction direction, long bytes) {
		this.allowances.put(direction, bytes);
	}

	synchronized void delay(Delay delay) {
		this.delay = delay;
	}

	synchronized Delay delay() {
		return this.delay;
	}

	synchronized void armCut(Predicate<BackendMessage> message) {
		this.cut = message;
	}

	synchronized boolean isCutArmed() {
		return this.cut != null;
	}

	/**
	 * Tells whether to cut the connection instead of forwarding the message. Only one is.
	 */
	synchronized boolean cuts(BackendMessage message) {
		if (this.cut == null || !this.cut.test(message)) {
			return false;
		}
		this.cut = null;
		this.cuts++;
		notifyAll();
		return true;
	}

	synchronized int cuts() {
		return this.cuts;
	}

	synchronized int attempted() {
		this.connectAttempts++;
		notifyAll();
		return this.connectAttempts;
	}

	synchronized int connectAttempts() {
		return this.connectAttempts;
	}

	synchronized void opened(ProxiedConnection connection) {
		connection.lanes().forEach((lane) -> lane.allow(this.allowances.get(lane.direction())));
		this.connections.add(connection);
		notifyAll();
	}

	synchronized void closed(ProxiedConnection connection) {
		this.connections.remove(connection);
		notifyAll();
	}

	synchronized Set<ProxiedConnection> connections() {
		return new HashSet<>(this.connections);
	}

	synchronized boolean isHeld(Direction direction) {
		return this.connections.stream().anyMatch((connection) -> connection.lane(direction).isHeld());
	}

	synchronized long forwarded(Direction direction) {
		return this.forwarded.getOrDefault(direction, 0L);
	}

	/**
	 * Waits until a new connection may go on to the server.
	 */
	synchronized void awaitForwarding() throws InterruptedException {
		while (this.stopped) {
			wait();
		}
	}

	/**
	 * Waits until a lane may forward something, and takes that from its allowance.
	 * @param lane the lane
	 * @param wanted how many bytes it has, 0 for the end of the stream
	 * @return how many it may forward now
	 */
	synchronized int permit(Lane lane, int wanted) throws InterruptedException {
		while (this.stopped || lane.isExhausted()) {
			if (!lane.isHeld()) {
				lane.hold(true);
				notifyAll();
			}
			wait();
		}
		lane.hold(false);
		int permitted = lane.take(wanted);
		this.forwarded.merge(lane.direction(), (long) permitted, Long::sum);
		notifyAll();
		return permitted;
	}

	/**
	 * Waits for a point in time.
	 * @param due {@link System#nanoTime()} then
	 */
	void awaitDue(long due) throws InterruptedException {
		long left = due - System.nanoTime();
		while (left > 0) {
			LockSupport.parkNanos(this, left);
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			left = due - System.nanoTime();
		}
	}

	/**
	 * Waits for what the proxy's threads do.
	 * @throws AssertionError if it does not come
	 */
	synchronized void await(BooleanSupplier condition, String description) {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (!condition.getAsBoolean()) {
			long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (left <= 0) {
				throw new AssertionError("Waited " + PATIENCE.toSeconds() + " s for " + description);
			}
			try {
				wait(left);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new AssertionError("Interrupted while waiting for " + description, ex);
			}
		}
	}

	/**
	 * How long bytes are on their way.
	 *
	 * @param base at least
	 * @param jitter up to this much longer
	 * @param seed decides how much
	 */
	record Delay(Duration base, Duration jitter, long seed) {

	}

}
