package io.github.pgnotify.queue;

import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgNotification;

/**
 * Where wake-ups of other processes are heard.
 *
 * @since 0.1.0
 */
public interface WakeUpSource {

	/**
	 * Begins to hear a channel. Called once, before the first message is consumed.
	 * @param channel on which wake-ups are sent
	 * @param wakeUp takes what arrives; returns at once and does not throw
	 * @param gap called when something may have been missed; returns at once and does not
	 * throw
	 */
	void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap);

	/**
	 * Whether wake-ups are heard at the moment. If not, messages are looked for more
	 * often.
	 * @return {@code true} while they are
	 */
	boolean isHearing();

}
