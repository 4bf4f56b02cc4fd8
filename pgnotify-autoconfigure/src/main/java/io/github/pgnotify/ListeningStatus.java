package io.github.pgnotify;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * How a listening connection is.
 *
 * @param state its state
 * @param since when it entered that state
 * @param backendPid process id of its server process; {@code null} while there is none
 * @param lastRoundTrip when the server was last heard of; {@code null} if never
 * @param channels number of channels listened on
 * @param gaps how often notifications may have been missed since the start
 * @param queueUsage how full the server's notification queue was when last asked, from 0
 * to 1; all notifying commits of the cluster fail when it is full
 * @param problem why it is not live, in a sentence; {@code null} if nothing is wrong
 * @since 0.1.0
 */
public record ListeningStatus(State state, Instant since, @Nullable Integer backendPid, @Nullable Instant lastRoundTrip,
		int channels, long gaps, double queueUsage, @Nullable String problem) {

	/**
	 * Whether notifications arrive.
	 * @return {@code true} in state {@link State#LIVE}
	 */
	public boolean isLive() {
		return this.state == State.LIVE;
	}

	/**
	 * Whether a word to the reading thread would be heard.
	 * @return {@code true} while there is a connection that listens
	 */
	public boolean isListening() {
		return this.state.compareTo(State.VERIFYING) >= 0;
	}

	/**
	 * What a listening connection goes through.
	 */
	public enum State {

		/** There is no connection: not started, nobody listens, or between attempts. */
		DOWN,

		/** A connection is being opened. */
		CONNECTING,

		/**
		 * The connection is open, and whether notifications would arrive is tried out.
		 */
		VERIFYING,

		/** Channels are listened on; what was missed is being made up for. */
		CATCHING_UP,

		/** Notifications arrive. */
		LIVE,

		/** The server is late with an answer; without one the connection is given up. */
		SUSPECT

	}

}
