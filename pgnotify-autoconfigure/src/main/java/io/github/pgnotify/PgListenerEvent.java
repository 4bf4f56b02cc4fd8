package io.github.pgnotify;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Something happened to a listening container. Published as an application event, on a
 * thread of its own and in order:
 * {@code @EventListener void on(PgListenerEvent.Gap gap)}.
 *
 * @since 0.1.0
 */
public sealed interface PgListenerEvent {

	/**
	 * Which container.
	 * @return its bean name
	 */
	String container();

	/**
	 * Notifications arrive from now on.
	 *
	 * @param container bean name of the container
	 * @param backendPid process id of the server process
	 * @param resumed whether there was a connection before, so that notifications may
	 * have been missed; a {@link Gap} follows then
	 */
	record Connected(String container, int backendPid, boolean resumed) implements PgListenerEvent {

	}

	/**
	 * The connection is lost; another one is being made.
	 *
	 * @param container bean name of the container
	 * @param reason why, in a sentence
	 */
	record ConnectionLost(String container, String reason) implements PgListenerEvent {

	}

	/**
	 * Notifications may have been missed.
	 *
	 * @param container bean name of the container
	 * @param gap what is known about it
	 * @param subscriber who missed them; {@code null} for everybody
	 */
	record Gap(String container, PgGap gap, @Nullable Object subscriber) implements PgListenerEvent {

	}

	/**
	 * Nothing has arrived for a while.
	 *
	 * @param container bean name of the container
	 * @param idle for how long
	 */
	record Idle(String container, Duration idle) implements PgListenerEvent {

	}

	/**
	 * A listener has been busy with one notification for suspiciously long.
	 *
	 * @param container bean name of the container
	 * @param subscriber whose listener
	 * @param busy for how long
	 */
	record Stuck(String container, Object subscriber, Duration busy) implements PgListenerEvent {

	}

}
