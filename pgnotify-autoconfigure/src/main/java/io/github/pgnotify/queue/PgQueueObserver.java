package io.github.pgnotify.queue;

import java.time.Duration;

import io.github.pgnotify.ChannelName;

/**
 * Looks on while messages are stored and consumed, as metrics do. Set by
 * {@link QueueStore#observe} and {@link QueueConsumers#observe}. Called by the threads
 * that do the work, by several at once: must return soon and not throw.
 *
 * @since 0.1.0
 */
public interface PgQueueObserver {

	/**
	 * Takes the news that messages which this process stored are committed.
	 * @param channel the channel
	 * @param messages how many
	 */
	void stored(ChannelName channel, int messages);

	/**
	 * Takes the news that this process has a listener for a group. Told once for each
	 * listener and channel.
	 * @param channel the channel
	 * @param group the group
	 */
	void added(ChannelName channel, String group);

	/**
	 * Takes the news that this process has leased messages for its listeners.
	 * @param channel the channel
	 * @param group the group
	 * @param messages how many
	 */
	void claimed(ChannelName channel, String group, int messages);

	/**
	 * Takes the news that a listener returned, or threw.
	 * @param listener id of the listener
	 * @param group its group
	 * @param messages how many it was called with
	 * @param success whether it returned
	 * @param duration how long it took
	 */
	void handled(String listener, String group, int messages, boolean success, Duration duration);

	/**
	 * Takes the news that a message whose attempt failed, or that its listener gave back,
	 * will be tried again.
	 * @param channel its channel
	 * @param group the group
	 */
	void retried(ChannelName channel, String group);

	/**
	 * Takes the news that a message was given up.
	 * @param channel its channel
	 * @param group the group
	 * @param reason why
	 */
	void deadLettered(ChannelName channel, String group, DeadLetter.Reason reason);

	/**
	 * Takes the news that a delivery was taken from this process before it was done.
	 * @param channel the channel
	 * @param group the group
	 */
	void leaseLost(ChannelName channel, String group);

	/**
	 * Takes the news that this process has taken deliveries from others that died.
	 * @param deliveries how many
	 */
	void reclaimed(int deliveries);

}
