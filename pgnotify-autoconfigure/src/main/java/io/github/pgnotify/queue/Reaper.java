package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

import io.github.pgnotify.queue.InstanceTable.Failing;
import io.github.pgnotify.queue.InstanceTable.Reclaimed;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Takes the deliveries of processes that died, so that others handle them. On the thread
 * of the queue.
 */
final class Reaper {

	/** With the silence it takes a moment less than five seconds. */
	static final Duration INTERVAL = Duration.ofMillis(1500);

	static final Duration SILENCE = Heartbeat.INTERVAL.multipliedBy(3);

	private static final Log logger = LogFactory.getLog(Reaper.class);

	private final InstanceTable instances;

	private final QueueEvents events;

	private long nextAt = System.nanoTime();

	Reaper(SchemaName schema, QueueEvents events) {
		this.instances = new InstanceTable(schema);
		this.events = events;
	}

	long nextAt() {
		return this.nextAt;
	}

	/**
	 * Lets others come back, too: if it was the database that was away, all of them have
	 * been silent.
	 */
	void reconnected() {
		this.nextAt = System.nanoTime() + SILENCE.toNanos();
	}

	/**
	 * Does what is due.
	 * @return on which channels there are deliveries again
	 */
	Set<String> reap(QueueSession session) throws SQLException {
		if (System.nanoTime() - this.nextAt < 0) {
			return Set.of();
		}
		this.nextAt = System.nanoTime() + INTERVAL.toNanos();
		Set<String> channels = new TreeSet<>();
		try {
			reap(session, channels);
		}
		catch (SQLException ex) {
			if (OwnConnection.isBroken(session.connection(), ex)) {
				throw ex;
			}
			logger.warn("What dead instances have leased cannot be taken over now", ex);
		}
		return channels;
	}

	private void reap(QueueSession session, Set<String> channels) throws SQLException {
		for (Failing failing : this.instances.failing(session.connection(), session.instance(), SILENCE)) {
			if (failing.silent()) {
				reclaimed(failing, this.instances.reclaimOfDead(session.connection(), failing.id()), channels);
			}
			if (failing.expired()) {
				reclaimed(failing, this.instances.reclaimExpired(session.connection(), failing.id()), channels);
			}
		}
	}

	private void reclaimed(Failing from, Reclaimed reclaimed, Set<String> channels) {
		if (reclaimed.deliveries() > 0) {
			logger.warn("Instance " + from.id() + (from.silent() ? " is dead" : " has let leases expire") + ": "
					+ reclaimed.deliveries() + " message(s) on " + reclaimed.channels() + " will be handled again");
			channels.addAll(reclaimed.channels());
			this.events.reclaimed(reclaimed.deliveries());
		}
	}

}
