package io.github.pgnotify.connection;

import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.connection.NotificationReader.Missed;

/**
 * Listens on one dedicated connection to PostgreSQL for as long as it is started: if the
 * connection breaks another one is made, and the same channels are listened on again.
 * <p>
 * <strong>Guarantee:</strong> every notification that commits while the connection lives
 * is delivered, in the order in which PostgreSQL sends them. Those that commit between
 * two connections are missed, and the sink is told so before the next one. Channels are
 * added and removed on the live session: nothing is lost, the backend pid stays.
 * <p>
 * <strong>Threads:</strong> one platform thread alone touches the connection and calls
 * the sink. A second thread watches that it never waits longer than it should, whatever
 * happens to the network. A second connection serves to speak to it.
 *
 * @since 0.1.0
 */
public final class ListeningConnection implements NotificationSource {

	private static final Log logger = LogFactory.getLog(ListeningConnection.class);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

	private final Listening listening;

	private @Nullable Sink sink;

	private @Nullable NotificationReader reader;

	private @Nullable Missed missed;

	/**
	 * Creates a connection, not yet started.
	 * @param source opens the physical connections
	 * @param settings how to behave
	 */
	public ListeningConnection(PgListenerConnectionSource source, ListeningSettings settings) {
		this.listening = new Listening(source, settings, new ControlChannel(source, settings), new WantedChannels(),
				new StatusBoard(Clock.systemUTC()));
	}

	@Override
	public void start(Sink sink) {
		NotificationReader started;
		synchronized (this) {
			if (this.sink != null) {
				return;
			}
			this.sink = sink;
			started = readIfWanted();
		}
		if (started != null) {
			awaitFirstConnection(started);
		}
	}

	@Override
	public CompletableFuture<Void> listen(Set<ChannelName> channels) {
		CompletableFuture<Void> future = this.listening.wanted().want(channels);
		synchronized (this) {
			if (this.reader == null) {
				readIfWanted();
				return future;
			}
		}
		if (this.listening.board().status().isListening()) {
			this.listening.control().wake();
		}
		return future;
	}

	@Override
	public void stop() {
		NotificationReader stopped;
		synchronized (this) {
			stopped = this.reader;
			this.reader = null;
			this.sink = null;
		}
		if (stopped != null) {
			Missed since = stopped.stop(STOP_TIMEOUT);
			this.missed = (since != null) ? new Missed(PgGap.Cause.STOPPED, since.since()) : null;
		}
		this.listening.board().enter(ListeningStatus.State.DOWN, null);
		this.listening.control().close();
		this.listening.wanted()
			.abandon(new IllegalStateException("Listening was stopped before the channels were listened on"));
	}

	@Override
	public ListeningStatus status() {
		return this.listening.board().status();
	}

	/**
	 * Begins to read if there is someone to hear and something to hear.
	 */
	private @Nullable NotificationReader readIfWanted() {
		if (this.sink == null || this.listening.wanted().current().channels().isEmpty()) {
			return null;
		}
		NotificationReader fresh = new NotificationReader(this.listening, this.sink, this.missed);
		this.reader = fresh;
		fresh.start();
		return fresh;
	}

	/**
	 * Waits for the first attempt, whatever becomes of it: with policy RETRY an
	 * application hears from its start on if it can, and starts if it cannot.
	 */
	private void awaitFirstConnection(NotificationReader started) {
		ListeningSettings settings = this.listening.settings();
		try {
			started.firstConnection().get(settings.startupTimeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			failStart((ex.getCause() instanceof PgNotifyStartupException failure) ? failure
					: new IllegalStateException("Listening could not be started", ex.getCause()));
		}
		catch (TimeoutException ex) {
			failStart(new PgNotifyStartupException(
					"PostgreSQL did not answer pgnotify within " + settings.startupTimeout() + ".",
					"Check that the server is not overloaded and that the network lets connections through, or set "
							+ "pgnotify.listener.startup-failure-policy=retry.",
					ex));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			if (settings.startupFailurePolicy() == StartupFailurePolicy.FAIL) {
				stop();
				logger.warn("Interrupted while waiting for the first connection; listening was stopped");
			}
		}
	}

	private void failStart(RuntimeException failure) {
		if (this.listening.settings().startupFailurePolicy() == StartupFailurePolicy.FAIL) {
			stop();
			throw failure;
		}
	}

}
