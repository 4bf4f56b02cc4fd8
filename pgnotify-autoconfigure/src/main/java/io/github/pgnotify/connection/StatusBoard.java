package io.github.pgnotify.connection;

import java.time.Clock;
import java.time.Instant;

import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.ListeningStatus.State;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the connection at any moment. Written by the reading thread and by the
 * watchdog, read by anybody.
 */
final class StatusBoard {

	private final Clock clock;

	private volatile State state = State.DOWN;

	private Instant since;

	private @Nullable Integer backendPid;

	private @Nullable Instant lastRoundTrip;

	private int channels;

	private long gaps;

	private double queueUsage;

	private @Nullable String problem;

	StatusBoard(Clock clock) {
		this.clock = clock;
		this.since = clock.instant();
	}

	synchronized ListeningStatus status() {
		return new ListeningStatus(this.state, this.since, this.backendPid, this.lastRoundTrip, this.channels,
				this.gaps, this.queueUsage, this.problem);
	}

	State state() {
		return this.state;
	}

	Instant now() {
		return this.clock.instant();
	}

	synchronized void enter(State state, @Nullable String problem) {
		if (this.state != state) {
			this.state = state;
			this.since = now();
		}
		if (state == State.DOWN || state == State.CONNECTING) {
			this.backendPid = null;
		}
		this.problem = problem;
	}

	synchronized void connected(int backendPid) {
		this.backendPid = backendPid;
		this.lastRoundTrip = now();
	}

	/**
	 * The server is late with an answer.
	 * @return whether that is news
	 */
	synchronized boolean suspect(String problem) {
		if (this.state != State.LIVE) {
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
		if (this.state == State.SUSPECT) {
			enter(State.LIVE, null);
		}
		return now();
	}

	synchronized void roundTrip(double queueUsage) {
		this.queueUsage = queueUsage;
		this.lastRoundTrip = now();
	}

	synchronized void channels(int channels) {
		this.channels = channels;
	}

	synchronized void gap() {
		this.gaps++;
	}

}
