package io.github.pgnotify.listener;

import io.github.pgnotify.PgGap;

/**
 * Does with an arrival what a listener is for.
 */
interface ArrivalHandler {

	void handle(Arrival arrival) throws Exception;

	void gap(PgGap gap) throws Exception;

}
