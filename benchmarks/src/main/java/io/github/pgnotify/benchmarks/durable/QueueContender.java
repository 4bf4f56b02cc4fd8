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
	 * Makes an empty queue that handles nothing yet.
	 */
	RunningQueue open(QueueSetup setup) throws Exception;

}
