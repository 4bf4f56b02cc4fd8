package io.github.pgnotify;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Changes who hears which channel while the application runs, on the live session:
 * nothing is lost, the backend pid stays.
 * <p>
 * All methods are thread-safe, and none but {@link #start()}, {@link #stop()} and
 * {@link #restart()} waits for the database. A returned future completes when
 * {@code LISTEN} and {@code UNLISTEN} have committed: what is sent from then on is heard.
 * While there is no connection it completes after the next one is made, and exceptionally
 * if the container is stopped before. It completes with
 * {@link InvalidChannelNameException} if the encoding of the database cannot hold the
 * name of a channel that the change asks for; all else that it asks for is in force then.
 *
 * @since 0.1.0
 */
public interface PgListenerRegistry {

	/**
	 * Makes any number of changes in one step. If one of them is refused, none is made.
	 * @param changes what to change
	 * @return completes when they are in force
	 */
	CompletableFuture<Void> change(Consumer<PgListenerChanges> changes);

	/**
	 * Adds a listener.
	 * @param id names the subscriber
	 * @param channel the channel
	 * @param listener whom to call
	 * @return completes when it hears
	 * @throws IllegalArgumentException if the id already has a listener on the channel
	 * @see PgListenerChanges#subscribe
	 */
	default CompletableFuture<Void> subscribe(Object id, ChannelName channel, PgNotificationListener listener) {
		return change((changes) -> changes.subscribe(id, channel, listener));
	}

	/**
	 * Adds a listener.
	 * @param id names the subscriber
	 * @param channel name of the channel
	 * @param listener whom to call
	 * @return completes when it hears
	 * @throws InvalidChannelNameException if there can be no such channel
	 * @throws IllegalArgumentException if the id already has a listener on the channel
	 * @see PgListenerChanges#subscribe
	 */
	default CompletableFuture<Void> subscribe(Object id, String channel, PgNotificationListener listener) {
		return subscribe(id, ChannelName.of(channel), listener);
	}

	/**
	 * Removes a listener, and the channel if nobody else hears it.
	 * @param id names the subscriber
	 * @param channel the channel it no longer hears
	 * @return completes when the channel is no longer listened on, if nobody else hears
	 * it
	 * @see PgListenerChanges#unsubscribe
	 */
	default CompletableFuture<Void> unsubscribe(Object id, ChannelName channel) {
		return change((changes) -> changes.unsubscribe(id, channel));
	}

	/**
	 * Removes a listener, and the channel if nobody else hears it.
	 * @param id names the subscriber
	 * @param channel name of the channel it no longer hears
	 * @return completes when the channel is no longer listened on, if nobody else hears
	 * it
	 * @see PgListenerChanges#unsubscribe
	 */
	default CompletableFuture<Void> unsubscribe(Object id, String channel) {
		return unsubscribe(id, ChannelName.of(channel));
	}

	/**
	 * Channels that are listened on, those that nobody hears included.
	 * @return a snapshot, sorted
	 */
	Set<ChannelName> channels();

	/**
	 * Who hears which channel.
	 * @return ids of the subscribers by channel, a snapshot
	 */
	Map<ChannelName, Set<Object>> subscriptions();

	/**
	 * How the connection is.
	 * @return a snapshot
	 */
	ListeningStatus status();

	/**
	 * Starts to listen; does nothing if it does already.
	 * @throws PgNotifyStartupException if the database cannot be listened on, unless
	 * configured to go on trying
	 */
	void start();

	/**
	 * Stops to listen, when what has arrived is handled or the grace time is over. Does
	 * nothing if it does not listen. Subscriptions stay.
	 */
	void stop();

	/**
	 * Stops and starts, on a new connection.
	 * @throws PgNotifyStartupException if the database cannot be listened on
	 */
	default void restart() {
		stop();
		start();
	}

	/**
	 * Whether it was started and not stopped.
	 * @return {@code true} if so, whatever the state of the connection
	 */
	boolean isRunning();

}
