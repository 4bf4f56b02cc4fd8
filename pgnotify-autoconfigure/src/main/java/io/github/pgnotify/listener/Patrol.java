package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Looks now and then for listeners that do not come back, and for silence. Ends with the
 * stop of the container; used once.
 */
final class Patrol implements Runnable {

	private static final Log logger = LogFactory.getLog(Patrol.class);

	private static final long ROUND_MILLIS = 1000;

	private final Dispatcher dispatcher;

	private final ContainerEvents events;

	private final PgListenerContainerSettings settings;

	private final Set<Object> flagged = new HashSet<>();

	private final CountDownLatch stopped = new CountDownLatch(1);

	private long idleSaidFor;

	Patrol(Dispatcher dispatcher, ContainerEvents events, PgListenerContainerSettings settings) {
		this.dispatcher = dispatcher;
		this.events = events;
		this.settings = settings;
	}

	void start() {
		Thread thread = new Thread(this, "pgnotify-patrol");
		thread.setDaemon(true);
		thread.start();
	}

	void stop() {
		this.stopped.countDown();
	}

	@Override
	public void run() {
		try {
			while (!this.stopped.await(roundMillis(), TimeUnit.MILLISECONDS)) {
				this.dispatcher.subscriptions().subscribers().values().forEach(this::flagIfStuck);
				sayIfIdle();
			}
		}
		catch (InterruptedException ex) {
			logger.warn("Interrupted: listeners that do not come back will not be noticed");
		}
	}

	/** Short settings are for tests, and want short rounds. */
	private long roundMillis() {
		long shortest = this.settings.stuckAfter().toMillis();
		Duration idle = this.settings.idleInterval();
		if (idle != null) {
			shortest = Math.min(shortest, idle.toMillis());
		}
		return Math.max(10, Math.min(ROUND_MILLIS, shortest / 2));
	}

	private void flagIfStuck(Subscriber subscriber) {
		Duration busy = subscriber.busy();
		if (busy.compareTo(this.settings.stuckAfter()) < 0) {
			this.flagged.remove(subscriber.id());
		}
		else if (this.flagged.add(subscriber.id())) {
			logger.warn("Listener '" + subscriber.id() + "' has been busy with one notification for " + busy.toSeconds()
					+ " s; what arrives for it meanwhile waits, and is dropped when there is no more room");
			this.events.stuck(subscriber.id(), busy);
		}
	}

	private void sayIfIdle() {
		Duration interval = this.settings.idleInterval();
		long last = this.dispatcher.lastArrival();
		Duration idle = Duration.ofNanos(System.nanoTime() - last);
		if (interval != null && idle.compareTo(interval) >= 0 && this.idleSaidFor != last) {
			this.idleSaidFor = last;
			this.events.idle(idle);
		}
	}

}
