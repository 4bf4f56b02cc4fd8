package io.github.pgnotify.listener;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgNotificationListener;

/**
 * Calls a listener that takes notifications as they are.
 *
 * @param listener the listener
 */
record NotificationListenerHandler(PgNotificationListener listener) implements ArrivalHandler {

	@Override
	public void handle(Arrival arrival) throws Exception {
		this.listener.onNotification(arrival.notification(), arrival.message().getHeaders());
	}

	@Override
	public void gap(PgGap gap) throws Exception {
		this.listener.onGap(gap);
	}

}
