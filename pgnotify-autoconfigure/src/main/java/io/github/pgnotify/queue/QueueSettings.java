package io.github.pgnotify.queue;

import java.time.Duration;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.util.unit.DataSize;

/**
 * How stored messages are consumed.
 *
 * @param name name of this process, for administrators
 * @param lease for how long a delivery is leased; renewed well before it ends
 * @param pollInterval how often to look for messages though nobody said that there are
 * any; more often while no notifications arrive
 * @param prefetchMessages how many messages are claimed at a time for a listener: again
 * as soon as no more than half as many are left, so that one and a half times as many may
 * be leased
 * @param prefetchBytes most memory for their payloads, about; larger ones are read one by
 * one when their turn comes
 * @param retryPolicy how failures are tried again, unless the listener says otherwise
 * @param retention for how long messages are kept that every group is done with
 * @param deadLetterRetention for how long dead letters are kept
 * @param shutdownGrace how long a stop waits for listeners
 * @since 0.1.0
 */
public record QueueSettings(String name, Duration lease, Duration pollInterval, int prefetchMessages,
		DataSize prefetchBytes, RetryPolicy retryPolicy, Duration retention, Duration deadLetterRetention,
		Duration shutdownGrace) {

	public QueueSettings {
		if (lease.toMillis() < 1000) {
			throw new IllegalArgumentException("pgnotify.queue.lease must be at least 1s, and is " + lease);
		}
		if (pollInterval.toMillis() < 10) {
			throw new IllegalArgumentException(
					"pgnotify.queue.poll-interval must be at least 10ms, and is " + pollInterval);
		}
		if (prefetchMessages < 1) {
			throw new IllegalArgumentException(
					"pgnotify.queue.prefetch.messages must be at least 1, and is " + prefetchMessages);
		}
	}

}
