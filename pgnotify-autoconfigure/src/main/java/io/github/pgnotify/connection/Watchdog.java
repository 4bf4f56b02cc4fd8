package io.github.pgnotify.connection;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.github.pgnotify.ListeningStatus.State;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Frees the reading thread when it hangs: a thread of its own that knows until when every
 * wait of the reading thread has to end, and aborts the connection if it does not. The
 * driver cannot do that: inside a message it waits without a time-out.
 * <p>
 * What counts is the time in which the server could have been heard: as long as bytes
 * arrive it is there, however long the rest takes; and while the whole JVM stood still,
 * this thread with it, nobody could listen.
 * <p>
 * One watchdog watches one {@link NotificationReader}, and ends with it.
 */
final class Watchdog implements Runnable {

	private static final Log logger = LogFactory.getLog(Watchdog.class);

	private static final long TICK_MILLIS = 50;

	/** A tick that takes this much longer was not only waiting for its turn. */
	private static final long STANDSTILL_NANOS = Duration.ofMillis(200).toNanos();

	/** A loopback may be behind others as long as there is no break of this length. */
	private static final long QUIET_NANOS = Duration.ofMillis(500).toNanos();

	private final StatusBoard board;

	private final Loopback loopback;

	private final Thread thread;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private final AtomicReference<@Nullable Wait> wait = new AtomicReference<>();

	private long readsSeen;

	private long lastReadAt = System.nanoTime();

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
		this.wait.set(new Wait(session, System.nanoTime(), suspectAfter.toNanos(), abortAfter.toNanos()));
	}

	/**
	 * The reading thread has what it waited for.
	 */
	void end() {
		this.wait.set(null);
	}

	@Override
	public void run() {
		long before = System.nanoTime();
		try {
			while (!this.stopped.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
				long now = System.nanoTime();
				try {
					look(now, now - before - TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS));
				}
				catch (Throwable ex) {
					logger.error("The watchdog failed, and goes on", ex);
				}
				before = now;
			}
		}
		catch (InterruptedException ex) {
			logger.warn("The watchdog was interrupted: a connection that hangs will not be noticed");
		}
	}

	private void look(long now, long overrun) {
		if (this.board.state() == State.LIVE) {
			this.loopback.sendIfDue();
		}
		boolean standstill = overrun > STANDSTILL_NANOS;
		if (standstill) {
			this.loopback.standstill(overrun);
		}
		Wait current = this.wait.get();
		if (current == null) {
			return;
		}
		if (standstill) {
			this.wait.compareAndSet(current, current.since(Math.min(current.since() + overrun, now)));
		}
		else if (hasReceived(current.session(), now)) {
			this.wait.compareAndSet(current, current.since(now));
		}
		else {
			judge(current, now);
		}
	}

	private void judge(Wait current, long now) {
		if (now - current.since() > current.abortAfter()) {
			abort(current, "the server has not answered in time");
		}
		else if (now - current.since() > current.suspectAfter()) {
			if (this.board.suspect("The server is late with an answer")) {
				this.loopback.hasten();
				logger.debug("The listening connection is suspect: the server is late with an answer");
			}
		}
		else if (now - this.lastReadAt > QUIET_NANOS && this.loopback.isOverdue()) {
			abort(current, "a notification to itself has not arrived");
		}
	}

	private boolean hasReceived(ListeningSession session, long now) {
		long reads = session.incoming().reads();
		boolean received = reads != this.readsSeen;
		if (received) {
			this.readsSeen = reads;
			this.lastReadAt = now;
		}
		return received;
	}

	private void abort(Wait current, String reason) {
		if (this.wait.compareAndSet(current, null)) {
			this.board.suspect("Given up: " + reason);
			current.session().abort(reason);
		}
	}

	/**
	 * A wait that is under way.
	 *
	 * @param session whose
	 * @param since by {@code System.nanoTime()}
	 * @param suspectAfter in nanoseconds
	 * @param abortAfter in nanoseconds
	 */
	private record Wait(ListeningSession session, long since, long suspectAfter, long abortAfter) {

		Wait since(long later) {
			return new Wait(this.session, later, this.suspectAfter, this.abortAfter);
		}

	}

}
