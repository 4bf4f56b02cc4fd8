package io.github.pgnotify.queue;

import java.time.Duration;

import io.github.pgnotify.ChannelName;

/**
 * Something happened to stored messages that somebody should know of. Published as an
 * application event, on a thread of its own and in order:
 * {@code @EventListener void on(PgQueueEvent.DeadLettered event)}.
 *
 * @since 0.1.0
 */
public sealed interface PgQueueEvent {

	/**
	 * A group begins to consume a channel.
	 *
	 * @param channel the channel
	 * @param group the group
	 * @param earlier how many messages stored before it begins with
	 */
	record GroupStarted(ChannelName channel, String group, int earlier) implements PgQueueEvent {

	}

	/**
	 * A message was given up for a group.
	 *
	 * @param channel the message's channel
	 * @param group the group
	 * @param messageId id of the message
	 * @param reason why
	 */
	record DeadLettered(ChannelName channel, String group, long messageId,
			DeadLetter.Reason reason) implements PgQueueEvent {

	}

	/**
	 * A delivery was taken from this process, which seemed dead; another one handles the
	 * message, perhaps again.
	 *
	 * @param channel the message's channel
	 * @param group the group
	 * @param messageId id of the message
	 */
	record LeaseLost(ChannelName channel, String group, long messageId) implements PgQueueEvent {

	}

	/**
	 * The deliveries of another process that died were taken over.
	 *
	 * @param deliveries how many
	 */
	record Reclaimed(int deliveries) implements PgQueueEvent {

	}

	/**
	 * A listener has been busy with one message for suspiciously long.
	 *
	 * @param channel the message's channel
	 * @param group the group
	 * @param messageId id of the message
	 * @param busy for how long
	 */
	record Stuck(ChannelName channel, String group, long messageId, Duration busy) implements PgQueueEvent {

	}

}
