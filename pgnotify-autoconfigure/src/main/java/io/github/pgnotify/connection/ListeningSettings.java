package io.github.pgnotify.connection;

import java.time.Duration;

import io.github.pgnotify.lifecycle.Backoff;

/**
 * How a {@link ListeningConnection} behaves.
 *
 * @param name ends the names of its threads
 * @param startupFailurePolicy what to do if the first connection cannot be made
 * @param startupTimeout how long the start waits for the first connection
 * @param heartbeatInterval how long nothing may arrive before a round trip shows that the
 * server is still there
 * @param heartbeatTimeout how long that round trip may take before the connection is
 * given up; it is suspect after half of it
 * @param loopbackInterval how often a notification to itself shows that notifications
 * arrive
 * @param answerTimeout how long a statement may take while the connection is set up
 * @param backoff how long to wait between attempts to connect
 * @since 0.1.0
 */
public record ListeningSettings(String name, StartupFailurePolicy startupFailurePolicy, Duration startupTimeout,
		Duration heartbeatInterval, Duration heartbeatTimeout, Duration loopbackInterval, Duration answerTimeout,
		Backoff backoff) {

	/**
	 * How long the server may be silent, be it that nothing arrives or that it works,
	 * before the connection is given up.
	 */
	Duration silenceTimeout() {
		return this.heartbeatInterval.plus(this.heartbeatTimeout.multipliedBy(3).dividedBy(4));
	}

	/**
	 * What to do if the first connection cannot be made.
	 */
	public enum StartupFailurePolicy {

		/** The application does not start. */
		FAIL,

		/** The application starts; connecting is tried again until it succeeds. */
		RETRY

	}

}
