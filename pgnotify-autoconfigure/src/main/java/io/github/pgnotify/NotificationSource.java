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
	 * Starts to deliver. Returns when the wanted channels are listened on; without any,
	 * at once and without a connection.
	 * @param sink where notifications go
	 * @throws PgNotifyStartupException if the database cannot be reached or cannot be
	 * listened on, unless configured to go on trying
	 */
	void start(Sink sink);

	/**
	 * Says which channels are wanted from now on, in place of those said before. All of
	 * the difference is applied in one step.
	 * @param channels all wanted channels
	 * @return completes when they are listened on and the others are not
	 */
	CompletableFuture<Void> listen(Set<ChannelName> channels);

	/**
	 * Ends delivery and closes the connection. Returns when nothing more is delivered.
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
