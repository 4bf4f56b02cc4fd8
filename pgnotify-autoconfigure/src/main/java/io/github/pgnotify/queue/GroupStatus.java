package io.github.pgnotify.queue;

import java.time.Duration;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * How a group stands with a channel.
 *
 * @param channel the channel
 * @param group the group
 * @param state whether it consumes
 * @param paused whether nothing new is begun until it is resumed
 * @param ready how many messages may be handled now
 * @param deferred how many wait for their time: delayed, or to be tried again
 * @param leased how many some process has taken, to handle them
 * @param suspect how many wait to be handled alone because the process that had them died
 * @param deadLetters how many were given up
 * @param oldestReadyAge how long ago the oldest of the ready messages was stored;
 * {@code null} if there is none
 * @since 0.1.0
 */
public record GroupStatus(ChannelName channel, String group, State state, boolean paused, long ready, long deferred,
		long leased, long suspect, long deadLetters, @Nullable Duration oldestReadyAge) {

	/**
	 * Whether a group consumes a channel.
	 */
	public enum State {

		/** It is being given the messages that were stored before. */
		STARTING,

		/** It consumes. */
		ACTIVE,

		/** It is being removed, with all it had to do. */
		REMOVING

	}

}
