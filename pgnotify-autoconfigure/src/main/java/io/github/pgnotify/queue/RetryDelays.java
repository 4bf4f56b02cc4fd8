package io.github.pgnotify.queue;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.util.backoff.BackOffExecution;

/**
 * When the next attempt at a message is due, as a retry policy says. Nobody waits for it:
 * the time is stored with the message. A policy's timeout is not taken into account.
 *
 * @param policy the policy
 */
record RetryDelays(RetryPolicy policy) {

	/**
	 * How long to wait after a failed attempt.
	 * @param attempt which attempt failed, 1 for the first
	 * @param error what it threw
	 * @return how long; {@code null} if there is to be no other attempt
	 */
	@Nullable Duration after(int attempt, Throwable error) {
		return this.policy.shouldRetry(error) ? delay(attempt) : null;
	}

	/**
	 * Whether the policy knows an attempt of this number.
	 * @param attempt the number, 1 for the first
	 */
	boolean allows(int attempt) {
		return attempt <= 1 || delay(attempt - 1) != null;
	}

	private @Nullable Duration delay(int attempt) {
		BackOffExecution execution = this.policy.getBackOff().start();
		long millis = 0;
		for (int i = 0; i < attempt; i++) {
			millis = execution.nextBackOff();
			if (millis == BackOffExecution.STOP) {
				return null;
			}
		}
		return Duration.ofMillis(millis);
	}

}
