package io.github.pgnotify;

import java.util.Map;

/**
 * Hears notifications without an annotation: see {@link PgListenerRegistry}.
 * <p>
 * Called by one thread at a time, in the order in which PostgreSQL delivered; never on
 * the thread that reads from the connection.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PgNotificationListener {

	/**
	 * Handles one notification.
	 * @param notification what arrived
	 * @throws Exception if it cannot be handled; later notifications arrive all the same
	 */
	void onNotification(PgNotification notification) throws Exception;

	/**
	 * Handles one notification with its headers. Called in place of
	 * {@link #onNotification(PgNotification)}, which it calls unless overridden.
	 * @param notification what arrived
	 * @param headers what its sender added, and of {@link PgNotifyHeaders} what is known;
	 * unmodifiable
	 * @throws Exception if it cannot be handled; later notifications arrive all the same
	 */
	default void onNotification(PgNotification notification, Map<String, Object> headers) throws Exception {
		onNotification(notification);
	}

	/**
	 * Handles the news that notifications may have been missed before the next one.
	 * @param gap what is known about it
	 * @throws Exception if it cannot be handled
	 */
	default void onGap(PgGap gap) throws Exception {
	}

}
