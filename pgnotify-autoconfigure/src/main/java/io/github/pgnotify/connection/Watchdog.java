package io.github.pgnotify.connection;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Frees the reading thread when it hangs: a thread of its own that knows until when every
 * wait of the reading thread has to end, and aborts the connection if it does not. The
 * driver cannot do that: inside a message it waits without a time-out.
 * <p>
 * One watchdog watches one {@link NotificationReader}, and ends with it.
 */
final class Watchdog implements Runnable {

	private static final Log logger = LogFactory.getLog(Watchdog.class);

	private static final long TICK_MILLIS = 50;

	private final StatusBoard board;

	private final Loopback loopback;

	private final Thread thread;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private volatile @Nullable Wait wait;

	Watchdog(String name, StatusBoard board, Loopback loopback) {
		this.board = board;
		this.loopback = loopback;
		this.thread = new Thread(this, "pgnotify-watchdog-" + name);
		this.thread.setDaemon(true);
	}

	void start() {
		this.thread.start();
	}

	void stop() {
		this.stopped.countDown();
	}

	/**
	 * The reading thread begins to wait for the server.
	 * @param session the session to abort
	 * @param suspectAfter after which the connection is suspect
	 * @param abortAfter after which it is aborted
	 */
	void begin(ListeningSession session, Duration suspectAfter, Duration abortAfter) {
		long now = System.nanoTime();
		this.wait = new Wait(session, now + suspectAfter.toNanos(), now + abortAfter.toNanos());
	}

	/**
	 * The reading thread has what it waited for.
	 */
	void end() {
		this.wait = null;
	}

	@Override
	public void run() {
		try {
			while (!this.stopped.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
				try {
					look();
				}
				catch (Throwable ex) {
					logger.error("The watchdog failed, and goes on", ex);
				}
			}
		}
		catch (InterruptedException ex) {
			logger.warn("The watchdog was interrupted: a connection that hangs will not be noticed");
		}
	}

	private void look() {
		Wait current = this.wait;
		long now = System.nanoTime();
		if (current == null) {
			return;
		}
		if (now - current.abortAt() > 0) {
			abort(current, "the server has not answered in time");
		}
		else if (now - current.suspectAt() > 0) {
			if (this.board.suspect("The server is late with an answer")) {
				logger.debug("The listening connection is suspect: the server is late with an answer");
			}
		}
		else if (this.loopback.isOverdue()) {
			this.board.suspect("A notification to itself has not arrived");
			abort(current, "a notification to itself has not arrived");
		}
		else if (this.board.status().isLive()) {
			this.loopback.sendIfDue();
		}
	}

	private void abort(Wait current, String reason) {
		this.wait = null;
		this.board.suspect("Given up: " + reason);
		current.session().abort(reason);
	}

	/**
	 * A wait that is under way.
	 *
	 * @param session whose
	 * @param suspectAt by {@code System.nanoTime()}
	 * @param abortAt by {@code System.nanoTime()}
	 */
	private record Wait(ListeningSession session, long suspectAt, long abortAt) {

	}

}
