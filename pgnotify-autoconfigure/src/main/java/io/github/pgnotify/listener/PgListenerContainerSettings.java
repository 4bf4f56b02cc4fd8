package io.github.pgnotify.listener;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.util.unit.DataSize;

/**
 * How a {@link PgListenerContainer} behaves.
 *
 * @param autoStartup whether it starts with the application
 * @param shutdownGrace how long a stop waits for listeners to finish what has arrived
 * @param idleInterval how long nothing may arrive before that is published as an event;
 * {@code null} for never
 * @param stuckAfter how long a listener may be busy with one notification before that is
 * published as an event
 * @param capacity how much may wait for a listener
 * @param retryPolicy what to do about what a listener throws; {@code null} not to try
 * again
 * @since 0.1.0
 */
public record PgListenerContainerSettings(boolean autoStartup, Duration shutdownGrace, @Nullable Duration idleInterval,
		Duration stuckAfter, Capacity capacity, @Nullable RetryPolicy retryPolicy) {

	/**
	 * How much may wait for one listener.
	 *
	 * @param messages most notifications
	 * @param bytes most memory for their payloads, about
	 * @param overflow what to drop when it is full
	 */
	public record Capacity(int messages, DataSize bytes, Overflow overflow) {

		public Capacity {
			if (messages < 1 || bytes.toBytes() < 1) {
				throw new IllegalArgumentException(
						"Capacity must be at least one message and one byte, not " + messages + " and " + bytes);
			}
		}

	}

	/**
	 * What to drop when more arrives than fits.
	 */
	public enum Overflow {

		/** What has waited longest. */
		DROP_OLDEST,

		/** What has just arrived. */
		DROP_NEWEST

	}

}
