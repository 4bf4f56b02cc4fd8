package io.github.pgnotify.connection;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgnotify.ListeningStatus.State;
import io.github.pgnotify.connection.WantedChannels.Revision;

/**
 * Has a fresh session listen, and finds out whether notifications really arrive: the only
 * sound proof is one that comes back.
 */
final class SessionVerifier {

	static final Duration LOOPBACK_TIMEOUT = Duration.ofSeconds(2);

	/** Suspicion is confirmed sooner. */
	private static final Duration POOLER_TIMEOUT = Duration.ofMillis(1500);

	private static final Duration GLANCE = Duration.ofMillis(50);

	private final Listening listening;

	private final Loopback loopback;

	private final Watchdog watchdog;

	SessionVerifier(Listening listening, Loopback loopback, Watchdog watchdog) {
		this.listening = listening;
		this.loopback = loopback;
		this.watchdog = watchdog;
	}

	/**
	 * Listens and verifies.
	 * @return on what
	 * @throws BehindPoolerException if a pooler keeps notifications away
	 * @throws SQLException if notifications do not arrive for another reason
	 */
	Revision verify(ListeningSession session) throws SQLException {
		Duration timeout = this.listening.settings().answerTimeout();
		this.watchdog.begin(session, timeout, timeout.multipliedBy(3));
		StatusBoard board = this.listening.board();
		board.connected(session.backendPid());
		board.enter(State.VERIFYING, null);
		boolean throughPooler = session.isThroughPooler();
		session.listenToControl();
		// Also what empties a notification queue that was full, else nothing could be
		// sent
		board.roundTrip(session.queueUsage());
		awaitLoopback(session, throughPooler);
		// Nothing of the application's is listened on, or set, before it is known to be
		// of use
		Revision revision = this.listening.wanted().current();
		session.begin(revision.channels());
		board.channels(session.channels());
		this.watchdog.end();
		return revision;
	}

	private void awaitLoopback(ListeningSession session, boolean throughPooler) throws SQLException {
		Duration timeout = throughPooler ? POOLER_TIMEOUT : LOOPBACK_TIMEOUT;
		this.loopback.send();
		while (this.loopback.isUnderWay()) {
			// Before looking at the clock: it may have come while this JVM stood still
			session.read((notification) -> {
			}, this.loopback::arrived, GLANCE);
			if (this.loopback.isLaterThan(timeout.toNanos())) {
				if (throughPooler) {
					session.unlistenToControl();
					throw new BehindPoolerException();
				}
				throw new SQLException("A notification to itself did not arrive within " + timeout, "08000");
			}
		}
		if (this.loopback.isUnsendable()) {
			throw new SQLException("A notification to itself could not be sent", "08000");
		}
	}

}
