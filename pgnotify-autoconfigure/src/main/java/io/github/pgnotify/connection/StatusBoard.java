package io.github.pgnotify.connection;

import java.time.Clock;
import java.time.Instant;
import java.util.function.UnaryOperator;

import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.ListeningStatus.State;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the connection at any moment. Written by the reading thread and by the
 * watchdog, read by anybody.
 */
final class StatusBoard {

	private final Clock clock;

	private volatile ListeningStatus status;

	StatusBoard(Clock clock) {
		this.clock = clock;
		this.status = new ListeningStatus(State.DOWN, clock.instant(), null, null, 0, 0, 0, null);
	}

	ListeningStatus status() {
		return this.status;
	}

	Instant now() {
		return this.clock.instant();
	}

	void enter(State state, @Nullable String problem) {
		update((old) -> new ListeningStatus(state, (old.state() == state) ? old.since() : now(),
				(state == State.DOWN || state == State.CONNECTING) ? null : old.backendPid(), old.lastRoundTrip(),
				old.channels(), old.gaps(), old.queueUsage(), problem));
	}

	void connected(int backendPid) {
		update((old) -> new ListeningStatus(old.state(), old.since(), backendPid, now(), old.channels(), old.gaps(),
				old.queueUsage(), old.problem()));
	}

	/**
	 * The server is late with an answer.
	 * @return whether that is news
	 */
	synchronized boolean suspect(String problem) {
		if (this.status.state() != State.LIVE) {
			return false;
		}
		enter(State.SUSPECT, problem);
		return true;
	}

	/**
	 * The server was heard of. On the way of every notification, so cheap unless the
	 * connection was suspect.
	 * @return now
	 */
	Instant heard() {
		if (this.status.state() == State.SUSPECT) {
			enter(State.LIVE, null);
		}
		return now();
	}

	void roundTrip(double queueUsage) {
		update((old) -> new ListeningStatus(old.state(), old.since(), old.backendPid(), now(), old.channels(),
				old.gaps(), queueUsage, old.problem()));
	}

	void channels(int channels) {
		update((old) -> new ListeningStatus(old.state(), old.since(), old.backendPid(), old.lastRoundTrip(), channels,
				old.gaps(), old.queueUsage(), old.problem()));
	}

	void gap() {
		update((old) -> new ListeningStatus(old.state(), old.since(), old.backendPid(), old.lastRoundTrip(),
				old.channels(), old.gaps() + 1, old.queueUsage(), old.problem()));
	}

	private synchronized void update(UnaryOperator<ListeningStatus> change) {
		this.status = change.apply(this.status);
	}

}
