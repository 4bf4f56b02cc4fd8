package io.github.pgnotify;

import org.springframework.messaging.Message;

/**
 * Decides which messages a listener hears. Named by {@link PgListener#filter()}.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PgListenerFilter {

	/**
	 * Decides on one message. Called on the thread of the listener.
	 * @param message the payload as text, and the headers; see {@link PgNotifyHeaders}
	 * @return whether the listener is to hear it
	 */
	boolean accepts(Message<String> message);

}
