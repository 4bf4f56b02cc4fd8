package io.github.pgnotify;

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
	 * @throws Exception if it cannot be handled; it is logged, and later notifications
	 * arrive all the same
	 */
	void onNotification(PgNotification notification) throws Exception;

}
