package io.github.pgnotify;

/**
 * When a group listener's message counts as done.
 *
 * @since 0.1.0
 * @see PgListener#ack()
 */
public enum AckMode {

	/**
	 * After the method has returned. What it did may happen again if its process dies
	 * meanwhile, so it should be repeatable.
	 */
	AT_LEAST_ONCE,

	/**
	 * In the same transaction as what the method does: the container begins one, calls
	 * the method, acknowledges last and commits. Effects in the database of the queue
	 * happen exactly once; effects elsewhere, and those of {@code REQUIRES_NEW}, may
	 * happen again. A transaction that is marked for rollback is a failure. It is a READ
	 * COMMITTED one, whatever the default is.
	 */
	TRANSACTIONAL,

	/**
	 * Before the method is called. It is never called twice for a message, and not at all
	 * if its process dies just then; what it throws is not tried again but dead-lettered.
	 */
	AT_MOST_ONCE

}
