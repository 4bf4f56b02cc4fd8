package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.concurrent.Executor;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerEvent;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationEventPublisher;

/**
 * Publishes what happens to a container as application events, in order and on a thread
 * of its own: their listeners are other people's code.
 */
final class ContainerEvents {

	private static final Log logger = LogFactory.getLog(ContainerEvents.class);

	private final Executor executor = DaemonThreads.one("pgnotify-events");

	private volatile String container = "pgListenerContainer";

	private volatile @Nullable ApplicationEventPublisher publisher;

	void container(String name) {
		this.container = name;
	}

	void publisher(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	void connected(int backendPid, boolean resumed) {
		publish(new PgListenerEvent.Connected(this.container, backendPid, resumed));
	}

	void lost(String reason) {
		publish(new PgListenerEvent.ConnectionLost(this.container, reason));
	}

	void gap(PgGap gap, @Nullable Object subscriber) {
		publish(new PgListenerEvent.Gap(this.container, gap, subscriber));
	}

	void idle(Duration idle) {
		publish(new PgListenerEvent.Idle(this.container, idle));
	}

	void stuck(Object subscriber, Duration busy) {
		publish(new PgListenerEvent.Stuck(this.container, subscriber, busy));
	}

	private void publish(PgListenerEvent event) {
		ApplicationEventPublisher current = this.publisher;
		if (current == null) {
			return;
		}
		try {
			this.executor.execute(() -> publish(current, event));
		}
		catch (Throwable ex) {
			// No thread to be had; the reading thread must go on
			logger.error("The event " + event.getClass().getSimpleName() + " could not be published", ex);
		}
	}

	private static void publish(ApplicationEventPublisher publisher, PgListenerEvent event) {
		try {
			publisher.publishEvent(event);
		}
		catch (Throwable ex) {
			logger.error("A listener of " + event.getClass().getSimpleName() + " failed", ex);
		}
	}

}
