package io.github.pgnotify;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One session that listens, as those who hear see it. It is told which channels are
 * wanted and sees to it, across reconnections, that exactly those are listened on.
 * <p>
 * Implementations are thread-safe and may be started again after a stop.
 *
 * @since 0.1.0
 */
public interface NotificationSource {

	/**
	 * Starts to deliver. Returns when the wanted channels are listened on, or when the
	 * first attempt has failed and the source is configured to go on trying; without any
	 * wanted channel, at once and without a connection. Waits no longer than configured.
	 * Does nothing if it is started already.
	 * @param sink where notifications go, until the source is stopped
	 * @throws PgNotifyStartupException if the database cannot be reached or cannot be
	 * listened on, or if one of the channels can never be, unless configured to go on
	 * trying. The source is stopped then
	 */
	void start(Sink sink);

	/**
	 * Says which channels are wanted from now on, in place of those said before. All of
	 * the difference is applied in one step.
	 * @param channels all wanted channels
	 * @return completes when they are listened on and the others are not; while the
	 * source is stopped or has no connection, that is after the next one is made.
	 * Completes with {@link InvalidChannelNameException} if the database cannot hold the
	 * name of a channel that this change asked for, while all others are listened on; and
	 * with {@link IllegalStateException} if the source is stopped before
	 */
	CompletableFuture<Void> listen(Set<ChannelName> channels);

	/**
	 * Ends delivery and closes the connection. Returns when nothing more is delivered, or
	 * after a few seconds if the sink does not let go of the reading thread. Wanted
	 * channels stay wanted, for the next start; whoever waits for one is told that it
	 * will not happen. Does nothing if it is not started.
	 */
	void stop();

	/**
	 * How the connection is.
	 * @return a snapshot
	 */
	ListeningStatus status();

	/**
	 * Takes what arrives and what happens. Methods are called on the reading thread: they
	 * must return at once and not throw.
	 */
	interface Sink {

		/**
		 * Takes one notification.
		 * @param notification what arrived, its payload as it was sent
		 */
		void notification(PgNotification notification);

		/**
		 * Takes the news that notifications were missed before the next one.
		 * @param gap what is known about it
		 */
		void gap(PgGap gap);

		/**
		 * Takes the news that notifications arrive.
		 * @param backendPid process id of the server process
		 * @param resumed whether there was a connection before
		 */
		void connected(int backendPid, boolean resumed);

		/**
		 * Takes the news that they no longer do.
		 * @param reason why, in a sentence
		 */
		void lost(String reason);

	}

}
