package io.github.pgnotify.listener;

import java.time.Duration;

import io.github.pgnotify.PgNotifyException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.util.backoff.BackOff;

/**
 * Tries again what may succeed another time, which a payload that cannot be converted
 * never does.
 */
final class Retries {

	private Retries() {
	}

	static @Nullable RetryTemplate template(@Nullable RetryPolicy policy) {
		return (policy != null) ? new RetryTemplate(new UnlessHopeless(policy)) : null;
	}

	private record UnlessHopeless(RetryPolicy policy) implements RetryPolicy {

		@Override
		public boolean shouldRetry(Throwable throwable) {
			return !(throwable instanceof PgNotifyException) && this.policy.shouldRetry(throwable);
		}

		@Override
		public Duration getTimeout() {
			return this.policy.getTimeout();
		}

		@Override
		public BackOff getBackOff() {
			return this.policy.getBackOff();
		}

	}

}
