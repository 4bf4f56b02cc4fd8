package io.github.pgnotify.listener;

/**
 * Does with an arrival what a listener is for.
 */
@FunctionalInterface
interface ArrivalHandler {

	void handle(Arrival arrival) throws Exception;

}
