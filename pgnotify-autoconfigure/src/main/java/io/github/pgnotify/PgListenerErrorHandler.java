package io.github.pgnotify;

/**
 * Handles what a listener throws, after all retries. Named by
 * {@link PgListener#errorHandler()}; without one, errors are logged.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PgListenerErrorHandler {

	/**
	 * Handles an error. Called on the thread of the listener; what it throws is logged.
	 * @param subscriber id of the listener
	 * @param notification what the listener failed on, as it arrived
	 * @param error what it threw; a {@link PayloadConversionException} if it could not
	 * even be called
	 */
	void onError(Object subscriber, PgNotification notification, Throwable error);

}
