package io.github.pgnotify.connection;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.ListeningStatus.State;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.NotificationSource.Sink;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.connection.WantedChannels.Revision;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The thread that connects, listens and reads, and begins again when the connection
 * breaks, until it is stopped. Used once.
 */
final class NotificationReader implements Runnable {

	private static final Log logger = LogFactory.getLog(NotificationReader.class);

	/** A pooler stays until somebody changes the configuration. */
	private static final Duration POOLER_DELAY = Duration.ofSeconds(30);

	/**
	 * With as many at once there is more to come, behind which an answer would have to
	 * wait; until then the driver would keep all of it in memory.
	 */
	private static final int BACKLOG = 100;

	private final Listening listening;

	private final Sink sink;

	private final Loopback loopback;

	private final Watchdog watchdog;

	private final SessionVerifier verifier;

	private final Thread thread;

	private final CompletableFuture<Void> firstConnection = new CompletableFuture<>();

	private final CountDownLatch stopped = new CountDownLatch(1);

	private volatile @Nullable ListeningSession session;

	private volatile boolean live;

	private volatile @Nullable Missed missed;

	/**
	 * Creates a reader.
	 * @param missed since when notifications are missed; {@code null} at the first start
	 */
	NotificationReader(Listening listening, Sink sink, @Nullable Missed missed) {
		this.listening = listening;
		this.sink = sink;
		this.missed = missed;
		ListeningSettings settings = listening.settings();
		this.loopback = new Loopback(listening.control(), settings.loopbackInterval(),
				SessionVerifier.LOOPBACK_TIMEOUT);
		this.watchdog = new Watchdog(settings.name(), listening.board(), this.loopback);
		this.verifier = new SessionVerifier(listening, this.loopback, this.watchdog);
		// A platform thread: interrupting a virtual one would break the connection. Not a
		// daemon: an application that only listens is to stay
		this.thread = new Thread(this, "pgnotify-listen-" + settings.name());
	}

	void start() {
		this.watchdog.start();
		this.thread.start();
	}

	/**
	 * Completes when the first attempt to connect has succeeded or failed.
	 */
	CompletableFuture<Void> firstConnection() {
		return this.firstConnection;
	}

	/**
	 * Stops reading.
	 * @return since when notifications are missed; {@code null} if none ever arrived
	 */
	@Nullable Missed stop(Duration timeout) {
		this.stopped.countDown();
		ListeningSession current = this.session;
		if (current != null) {
			current.abort("stopped");
		}
		try {
			this.thread.join(timeout.toMillis());
			if (this.thread.isAlive()) {
				logger.warn("Thread " + this.thread.getName() + " has not ended after " + timeout);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return this.missed;
	}

	@Override
	public void run() {
		int failures = 0;
		while (!isStopped()) {
			long attempt = System.nanoTime();
			try (ListeningSession current = open()) {
				Revision revision = this.verifier.verify(current);
				live(current, revision, failures);
				failures = 0;
				serve(current, revision);
			}
			catch (Throwable ex) {
				ListeningSession broken = this.session;
				this.session = null;
				this.watchdog.end();
				this.loopback.forget();
				if (!isStopped()) {
					failures++;
					failed(ex, broken, failures, attempt);
				}
			}
		}
		this.watchdog.stop();
	}

	private ListeningSession open() throws SQLException {
		this.listening.board().enter(State.CONNECTING, this.listening.board().status().problem());
		ListeningSession fresh = ListeningSession.open(this.listening.source(), this.listening.control().name(),
				this.listening.settings().answerTimeout());
		this.session = fresh;
		if (isStopped()) {
			// The stop came before there was anything to abort, and another reader may be
			// at work already
			fresh.abort("stopped");
			throw new SQLException("Stopped while connecting", "08003");
		}
		return fresh;
	}

	private void live(ListeningSession current, Revision revision, int failures) {
		StatusBoard board = this.listening.board();
		board.enter(State.CATCHING_UP, null);
		Missed before = this.missed;
		this.sink.connected(current.backendPid(), before != null);
		if (before != null) {
			board.gap();
			this.sink.gap(new PgGap(before.cause(), before.since(), board.now(), null));
		}
		this.missed = new Missed(PgGap.Cause.CONNECTION_LOST, board.now());
		this.live = true;
		board.enter(State.LIVE, null);
		String where = current.channels() + " channel(s), backend pid " + current.backendPid();
		if (before == null) {
			logger.info("Listening on " + where);
		}
		else {
			logger.warn("Listening again on " + where + ", after " + failures + " failure(s); what was sent since "
					+ before.since() + " may have been missed");
		}
		List<InvalidChannelNameException> refused = applied(current, revision);
		if (refused.isEmpty()) {
			this.firstConnection.complete(null);
		}
		else {
			this.firstConnection.completeExceptionally(ConnectFailure.describe(refused));
		}
	}

	private List<InvalidChannelNameException> applied(ListeningSession current, Revision revision) {
		this.listening.board().channels(current.channels());
		List<InvalidChannelNameException> refused = this.listening.wanted().applied(revision, current.refusals());
		refused.forEach((refusal) -> logger.error(refusal.getMessage()));
		return refused;
	}

	private void serve(ListeningSession current, Revision revision) throws SQLException {
		ListeningSettings settings = this.listening.settings();
		Duration suspectAfter = settings.heartbeatTimeout().dividedBy(2);
		long lastRoundTrip = System.nanoTime();
		while (!isStopped()) {
			revision = listenIfChanged(current, revision);
			this.watchdog.begin(current, settings.heartbeatInterval().plus(suspectAfter), settings.silenceTimeout());
			int arrived = current.read(this.sink::notification, this.loopback::arrived, settings.heartbeatInterval());
			this.watchdog.end();
			if (arrived > 0) {
				heard();
			}
			boolean due = System.nanoTime() - lastRoundTrip > settings.heartbeatInterval().toNanos();
			if (arrived == 0 || (due && arrived < BACKLOG)) {
				this.watchdog.begin(current, suspectAfter, settings.heartbeatTimeout());
				double usage = current.queueUsage();
				this.watchdog.end();
				heard();
				this.listening.board().roundTrip(usage);
				lastRoundTrip = System.nanoTime();
			}
		}
	}

	private Revision listenIfChanged(ListeningSession current, Revision revision) throws SQLException {
		Revision now = this.listening.wanted().current();
		if (now.number() == revision.number()) {
			return revision;
		}
		// More work for the server than a heartbeat, and as silent: as patient as with
		// silence
		ListeningSettings settings = this.listening.settings();
		this.watchdog.begin(current, settings.heartbeatTimeout(), settings.silenceTimeout());
		current.listen(now.channels());
		this.watchdog.end();
		this.listening.board().heard();
		applied(current, now);
		return now;
	}

	private void heard() {
		this.missed = new Missed(PgGap.Cause.CONNECTION_LOST, this.listening.board().heard());
	}

	private void failed(Throwable ex, @Nullable ListeningSession broken, int failures, long attempt) {
		String reason = reason(ex, broken);
		this.listening.board().enter(State.DOWN, reason);
		if (this.live) {
			this.live = false;
			this.sink.lost(reason);
		}
		Duration delay = delay(ex, failures, attempt);
		String message = "Not listening: " + reason + "; next attempt in " + delay.toMillis() + " ms";
		if (ex instanceof BehindPoolerException) {
			logger.error(message);
			this.firstConnection.complete(null);
		}
		else {
			log(message, ex, failures);
			this.firstConnection.completeExceptionally(
					(ex instanceof SQLException sqlException) ? ConnectFailure.describe(sqlException) : ex);
		}
		try {
			this.stopped.await(delay.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException interruption) {
			// Nobody of ours interrupts this thread: go on, as if the wait were over
			logger.debug("Interrupted while waiting to connect again");
		}
	}

	private static void log(String message, Throwable ex, int failures) {
		if (!(ex instanceof SQLException)) {
			logger.error(message, ex);
		}
		else if (failures == 1) {
			logger.warn(message);
		}
		else {
			logger.debug(message);
		}
	}

	/**
	 * The wait counts from the beginning of the attempt: one that took long by itself is
	 * followed by the next at once, so that a server that comes back finds one under way.
	 */
	private Duration delay(Throwable ex, int failures, long attempt) {
		Duration delay = (ex instanceof BehindPoolerException) ? POOLER_DELAY
				: this.listening.settings().backoff().delay(failures);
		Duration rest = delay.minusNanos(System.nanoTime() - attempt);
		return rest.isNegative() ? Duration.ZERO : rest;
	}

	private boolean isStopped() {
		return this.stopped.getCount() == 0;
	}

	private static String reason(Throwable ex, @Nullable ListeningSession broken) {
		if (broken != null && broken.abortReason() != null) {
			return "connection given up: " + broken.abortReason();
		}
		return (ex instanceof SQLException sqlException)
				? sqlException.getMessage() + " (SQL state " + sqlException.getSQLState() + ")" : ex.toString();
	}

	/**
	 * That notifications are missed.
	 *
	 * @param cause why
	 * @param since since when
	 */
	record Missed(PgGap.Cause cause, Instant since) {

	}

}
