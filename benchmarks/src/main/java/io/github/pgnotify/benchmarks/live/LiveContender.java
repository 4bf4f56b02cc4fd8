package io.github.pgnotify.benchmarks.live;

/**
 * A way to hear notifications, or to send them.
 */
interface LiveContender {

	String name();

	/**
	 * Listens. Returns when it hears.
	 */
	Listening open(LiveSetup setup) throws Exception;

}
