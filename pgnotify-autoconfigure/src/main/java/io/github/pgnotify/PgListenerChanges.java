package io.github.pgnotify;

import java.util.Collection;

/**
 * What can be changed of who hears which channel: see {@link PgListenerRegistry#change}.
 *
 * @since 0.1.0
 */
public interface PgListenerChanges {

	/**
	 * Adds a listener.
	 * @param id any value with {@code equals} and {@code hashCode} that names the
	 * subscriber; the same id may hear several channels, and a channel may have several
	 * subscribers
	 * @param channel the channel
	 * @param listener whom to call
	 * @return these changes
	 * @throws IllegalArgumentException if the id already has a listener on the channel
	 */
	PgListenerChanges subscribe(Object id, ChannelName channel, PgNotificationListener listener);

	/**
	 * Removes a listener, and the channel if nobody else hears it. A notification that is
	 * being handled is finished, waiting ones are dropped. Does nothing if there is no
	 * such listener.
	 * @param id names the subscriber
	 * @param channel the channel it no longer hears
	 * @return these changes
	 */
	PgListenerChanges unsubscribe(Object id, ChannelName channel);

	/**
	 * Listens on channels before anybody hears them.
	 * @param channels the channels
	 * @return these changes
	 */
	PgListenerChanges addChannels(Collection<ChannelName> channels);

	/**
	 * Stops listening on channels, and removes all their listeners.
	 * @param channels the channels
	 * @return these changes
	 */
	PgListenerChanges removeChannels(Collection<ChannelName> channels);

	/**
	 * Drops, from now on, what arrives on a channel. It is still listened on.
	 * @param channel the channel
	 * @return these changes
	 */
	PgListenerChanges muteChannel(ChannelName channel);

	/**
	 * Ends muting a channel.
	 * @param channel the channel
	 * @return these changes
	 */
	PgListenerChanges unmuteChannel(ChannelName channel);

	/**
	 * Drops, from now on, what arrives for a subscriber.
	 * @param id names the subscriber
	 * @return these changes
	 */
	PgListenerChanges muteSubscriber(Object id);

	/**
	 * Ends muting a subscriber.
	 * @param id names the subscriber
	 * @return these changes
	 */
	PgListenerChanges unmuteSubscriber(Object id);

}
