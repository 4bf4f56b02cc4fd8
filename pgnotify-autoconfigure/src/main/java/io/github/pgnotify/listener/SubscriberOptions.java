package io.github.pgnotify.listener;

import io.github.pgnotify.PgListenerErrorHandler;
import io.github.pgnotify.PgListenerFilter;
import io.github.pgnotify.listener.PgListenerContainerSettings.Capacity;
import org.jspecify.annotations.Nullable;

import org.springframework.core.retry.RetryTemplate;

/**
 * How one subscriber is served.
 *
 * @param concurrency how many arrivals at once
 * @param capacity how much may wait
 * @param filter what it hears; {@code null} for everything
 * @param retry how failures are tried again; {@code null} for not at all
 * @param errorHandler who takes what it throws; {@code null} for the log
 */
record SubscriberOptions(int concurrency, Capacity capacity, @Nullable PgListenerFilter filter,
		@Nullable RetryTemplate retry, @Nullable PgListenerErrorHandler errorHandler) {

	static SubscriberOptions defaults(PgListenerContainerSettings settings) {
		return new SubscriberOptions(1, settings.capacity(), null, Retries.template(settings.retryPolicy()), null);
	}

}
