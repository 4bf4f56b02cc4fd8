package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Shows others that this process lives, and keeps what it has leased. On the thread of
 * the queue.
 */
final class Heartbeat {

	static final Duration INTERVAL = Duration.ofSeconds(1);

	private static final Log logger = LogFactory.getLog(Heartbeat.class);

	private final InstanceTable instances;

	private final DeliveryTable deliveries;

	private final Duration lease;

	private final QueueEvents events;

	private long beatAt;

	private long renewAt;

	Heartbeat(SchemaName schema, Duration lease, QueueEvents events) {
		this.instances = new InstanceTable(schema);
		this.deliveries = new DeliveryTable(schema);
		this.lease = lease;
		this.events = events;
	}

	/**
	 * Makes the session an instance, which takes over what an earlier session has leased.
	 */
	void begin(QueueSession session, String name, List<Intake> intakes) throws SQLException {
		session.registered(this.instances.register(session.connection(), name));
		renew(session, intakes);
		this.beatAt = System.nanoTime() + INTERVAL.toNanos();
	}

	/**
	 * Does what is due.
	 * @return when it is to be called again
	 */
	long beat(QueueSession session, List<Intake> intakes) throws SQLException {
		long now = System.nanoTime();
		boolean holding = intakes.stream().anyMatch(Intake::isHolding);
		if (!holding) {
			this.renewAt = now + this.lease.toNanos() / 3;
			return now + Duration.ofHours(1).toNanos();
		}
		claimed(session);
		if (now - this.renewAt >= 0) {
			renew(session, intakes);
		}
		return (this.beatAt - this.renewAt < 0) ? this.beatAt : this.renewAt;
	}

	/**
	 * Something was claimed, perhaps after a time in which nobody had to hear of this
	 * process: it would seem dead as soon as its connection breaks.
	 */
	void claimed(QueueSession session) throws SQLException {
		long now = System.nanoTime();
		if (now - this.beatAt >= 0) {
			this.instances.heartbeat(session.connection(), session.instance());
			this.beatAt = now + INTERVAL.toNanos();
		}
	}

	/**
	 * Ends the session as an instance.
	 */
	void end(QueueSession session) throws SQLException {
		this.instances.unregister(session.connection(), session.instance());
	}

	/**
	 * Renews one lease.
	 * @return whether it still is ours
	 */
	boolean extend(QueueSession session, LeasedDelivery delivery, Duration duration) throws SQLException {
		Duration longer = (duration.compareTo(this.lease) > 0) ? duration : this.lease;
		long until = System.nanoTime() + longer.toNanos();
		if (this.deliveries.extend(session.connection(), delivery.intake().subscription(), session.instance(), longer,
				delivery)) {
			delivery.renewed(until);
			return true;
		}
		lost(delivery);
		return false;
	}

	private void renew(QueueSession session, List<Intake> intakes) throws SQLException {
		for (Intake intake : intakes) {
			List<LeasedDelivery> held = intake.held();
			if (!held.isEmpty()) {
				renew(session.connection(), session.instance(), intake, held);
			}
		}
		this.renewAt = System.nanoTime() + this.lease.toNanos() / 3;
	}

	private void renew(Connection connection, int instance, Intake intake, List<LeasedDelivery> held)
			throws SQLException {
		long until = System.nanoTime() + this.lease.toNanos();
		Set<Long> lost = this.deliveries.renew(connection, intake.subscription(), instance, this.lease, held);
		for (LeasedDelivery delivery : held) {
			if (!lost.contains(delivery.messageId())) {
				delivery.renewed(until);
			}
			else {
				lost(delivery);
			}
		}
	}

	private void lost(LeasedDelivery delivery) {
		if (delivery.lose()) {
			delivery.intake().forget(delivery);
			logger.warn(delivery.lost().getMessage());
			this.events.leaseLost(delivery);
		}
	}

}
