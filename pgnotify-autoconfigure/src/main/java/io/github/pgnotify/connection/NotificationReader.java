package io.github.pgnotify.connection;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.NotificationSource.Sink;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.connection.WantedChannels.Revision;

/**
 * The thread that connects, listens and reads, and begins again when the connection
 * breaks, until it is stopped. Used once.
 */
final class NotificationReader implements Runnable {

	private static final Log logger = LogFactory.getLog(NotificationReader.class);

	private final PgListenerConnectionSource source;

	private final ListeningSettings settings;

	private final ChannelName control;

	private final WantedChannels wanted;

	private final Sink sink;

	private final Thread thread;

	private final CompletableFuture<Void> firstConnection = new CompletableFuture<>();

	private final CountDownLatch stopped = new CountDownLatch(1);

	private volatile @Nullable ListeningSession session;

	private volatile boolean listening;

	NotificationReader(PgListenerConnectionSource source, ListeningSettings settings, ChannelName control,
			WantedChannels wanted, Sink sink) {
		this.source = source;
		this.settings = settings;
		this.control = control;
		this.wanted = wanted;
		this.sink = sink;
		// A platform thread: interrupting a virtual one would break the connection. Not a
		// daemon: an application that only listens is to stay
		this.thread = new Thread(this, "pgnotify-listen-" + settings.name());
	}

	void start() {
		this.thread.start();
	}

	/**
	 * Completes when the first attempt to connect has succeeded or failed.
	 */
	CompletableFuture<Void> firstConnection() {
		return this.firstConnection;
	}

	/**
	 * Whether a word on the control channel would be heard.
	 */
	boolean isListening() {
		return this.listening;
	}

	void stop(Duration timeout) {
		this.stopped.countDown();
		ListeningSession current = this.session;
		if (current != null) {
			current.abort();
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
	}

	@Override
	public void run() {
		int failures = 0;
		while (!isStopped()) {
			try (ListeningSession current = open()) {
				Revision revision = this.wanted.current();
				current.listen(revision.channels());
				listeningOn(current, revision, failures);
				failures = 0;
				serve(current, revision);
			}
			catch (Throwable ex) {
				this.listening = false;
				this.session = null;
				if (isStopped()) {
					break;
				}
				failures++;
				failed(ex, failures);
			}
		}
		this.listening = false;
	}

	private ListeningSession open() throws SQLException {
		ListeningSession fresh = ListeningSession.on(this.source.open(), this.control, this.settings.answerTimeout());
		this.session = fresh;
		if (isStopped()) {
			// The stop may have come before there was anything to abort
			fresh.abort();
		}
		return fresh;
	}

	private void listeningOn(ListeningSession current, Revision revision, int failures) {
		this.listening = true;
		this.wanted.applied(revision);
		if (this.firstConnection.complete(null)) {
			logger.info(
					"Listening on " + revision.channels().size() + " channel(s), backend pid " + current.backendPid());
		}
		else {
			logger.warn("Listening again on " + revision.channels().size() + " channel(s) after " + failures
					+ " failure(s), backend pid " + current.backendPid()
					+ "; notifications sent in between were missed");
		}
	}

	private void serve(ListeningSession current, Revision revision) throws SQLException {
		while (!isStopped()) {
			Revision now = this.wanted.current();
			if (now.number() != revision.number()) {
				current.listen(now.channels());
				this.wanted.applied(now);
				revision = now;
			}
			if (!current.read(this.sink, this.settings.silence())) {
				current.roundTrip();
			}
		}
	}

	private void failed(Throwable ex, int failures) {
		if (ex instanceof SQLException sqlException) {
			this.firstConnection.completeExceptionally(ConnectFailure.describe(sqlException));
		}
		else {
			this.firstConnection.completeExceptionally(ex);
		}
		Duration delay = this.settings.backoff().delay(failures);
		String message = "Not listening (" + describe(ex) + "); next attempt in " + delay.toMillis() + " ms";
		if (failures == 1) {
			logger.warn(message);
		}
		else {
			logger.debug(message);
		}
		try {
			this.stopped.await(delay.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException interruption) {
			// Nobody of ours interrupts this thread: go on, as if the wait were over
			logger.debug("Interrupted while waiting to connect again");
		}
	}

	private boolean isStopped() {
		return this.stopped.getCount() == 0;
	}

	private static String describe(Throwable ex) {
		return (ex instanceof SQLException sqlException) ? sqlException.getSQLState() + ": " + sqlException.getMessage()
				: ex.toString();
	}

}
