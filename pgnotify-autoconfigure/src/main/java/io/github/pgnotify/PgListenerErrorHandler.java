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
	 * @param notification what the listener failed on, its payload as the listener takes
	 * it: without an envelope, and in full if it was sent by reference. As it was sent,
	 * if that could not be found out
	 * @param error what it, or its filter, threw; a {@link PayloadConversionException} if
	 * the payload is not what it takes; what the database said if a payload sent by
	 * reference could not be read
	 */
	void onError(Object subscriber, PgNotification notification, Throwable error);

}
