package io.github.pgnotify;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Adds and removes listeners while the application runs, on the live session: nothing is
 * lost, the backend pid stays.
 * <p>
 * All methods are thread-safe and none of them waits for the database.
 *
 * @since 0.1.0
 */
public interface PgListenerRegistry {

	/**
	 * Adds a listener.
	 * @param id any value with {@code equals} and {@code hashCode} that names the
	 * subscriber; the same id may hear several channels, and a channel may have several
	 * subscribers
	 * @param channel the channel
	 * @param listener whom to call
	 * @return completes when {@code LISTEN} has committed: what is sent from then on is
	 * heard. While there is no connection it completes after the next one is made, and
	 * exceptionally if the container is stopped before
	 * @throws IllegalArgumentException if the id already has a listener on the channel
	 */
	CompletableFuture<Void> subscribe(Object id, ChannelName channel, PgNotificationListener listener);

	/**
	 * Adds a listener.
	 * @param id names the subscriber
	 * @param channel name of the channel
	 * @param listener whom to call
	 * @return completes when {@code LISTEN} has committed
	 * @throws InvalidChannelNameException if there can be no such channel
	 * @see #subscribe(Object, ChannelName, PgNotificationListener)
	 */
	default CompletableFuture<Void> subscribe(Object id, String channel, PgNotificationListener listener) {
		return subscribe(id, ChannelName.of(channel), listener);
	}

	/**
	 * Removes a listener. A notification that is being handled is finished, waiting ones
	 * are dropped.
	 * @param id names the subscriber
	 * @param channel the channel it no longer hears
	 * @return completes when {@code UNLISTEN} has committed, if it was the last listener
	 * of the channel, else at once; does nothing if there is no such listener
	 */
	CompletableFuture<Void> unsubscribe(Object id, ChannelName channel);

	/**
	 * Removes a listener.
	 * @param id names the subscriber
	 * @param channel name of the channel it no longer hears
	 * @return completes when the channel is no longer listened on, if nobody else hears
	 * it
	 * @see #unsubscribe(Object, ChannelName)
	 */
	default CompletableFuture<Void> unsubscribe(Object id, String channel) {
		return unsubscribe(id, ChannelName.of(channel));
	}

	/**
	 * Channels that have a listener.
	 * @return a snapshot
	 */
	Set<ChannelName> channels();

}
