package io.github.pgnotify.benchmarks.durable;

/**
 * A way to have messages handled that outlive their sender.
 */
interface QueueContender {

	String name();

	/**
	 * How many messages it handles in a second, very roughly, so that a backlog is
	 * neither drained in a moment nor for minutes.
	 */
	int drainRate();

	/**
	 * Whether each message is handled in a transaction of its own.
	 */
	default boolean transactional() {
		return false;
	}

	/**
	 * The table that changes most, with its schema.
	 */
	default String table() {
		throw new UnsupportedOperationException();
	}

	/**
	 * Makes an empty queue that handles nothing yet.
	 */
	RunningQueue open(QueueSetup setup) throws Exception;

	/**
	 * Adds another instance to a queue that is open.
	 */
	default RunningQueue join(QueueSetup setup) throws Exception {
		throw new UnsupportedOperationException();
	}

}
