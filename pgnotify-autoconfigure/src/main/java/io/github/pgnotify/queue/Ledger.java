package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.pgnotify.queue.DeliveryTable.Failure;
import io.github.pgnotify.queue.Settlement.Outcome;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * What became of deliveries and the database does not know yet. Filled by any thread,
 * written to the database by that of the queue, many at a time.
 */
final class Ledger {

	private static final Log logger = LogFactory.getLog(Ledger.class);

	private final Queue<Settlement> entries = new ConcurrentLinkedQueue<>();

	private final DeliveryTable deliveries;

	private final QueueEvents events;

	/** Sent once, but the answer never came: perhaps they are in the database. */
	private List<Settlement> uncertain = List.of();

	Ledger(SchemaName schema, QueueEvents events) {
		this.deliveries = new DeliveryTable(schema);
		this.events = events;
	}

	void add(Settlement settlement) {
		this.entries.add(settlement);
	}

	boolean isEmpty() {
		return this.entries.isEmpty() && this.uncertain.isEmpty();
	}

	/**
	 * Tells the database.
	 * @throws SQLException if it could not be told; it will be, the next time
	 */
	void flush(Connection connection) throws SQLException {
		List<Settlement> again = this.uncertain;
		write(connection, again, true);
		this.uncertain = List.of();
		List<Settlement> fresh = new ArrayList<>();
		for (Settlement next = this.entries.poll(); next != null; next = this.entries.poll()) {
			fresh.add(next);
		}
		this.uncertain = fresh;
		write(connection, fresh, false);
		this.uncertain = List.of();
	}

	private void write(Connection connection, List<Settlement> settlements, boolean again) throws SQLException {
		Map<Intake, Map<Outcome, List<Settlement>>> grouped = new HashMap<>();
		for (Settlement settlement : settlements) {
			grouped.computeIfAbsent(settlement.delivery().intake(), (key) -> new EnumMap<>(Outcome.class))
				.computeIfAbsent(settlement.outcome(), (key) -> new ArrayList<>())
				.add(settlement);
		}
		for (Map.Entry<Intake, Map<Outcome, List<Settlement>>> intake : grouped.entrySet()) {
			for (Map.Entry<Outcome, List<Settlement>> outcome : intake.getValue().entrySet()) {
				Set<Long> accepted = write(connection, intake.getKey().subscription(), outcome.getKey(),
						outcome.getValue());
				outcome.getValue().forEach((settlement) -> settled(settlement, accepted, again));
			}
		}
	}

	private Set<Long> write(Connection connection, int subscription, Outcome outcome, List<Settlement> settlements)
			throws SQLException {
		return switch (outcome) {
			case DONE -> this.deliveries.acknowledge(connection, subscription, deliveries(settlements));
			case RELEASED -> this.deliveries.release(connection, subscription, deliveries(settlements));
			case RETRY -> this.deliveries.retry(connection, subscription, failures(settlements));
			case DEAD -> this.deliveries.deadLetter(connection, subscription, failures(settlements));
			case BURIED -> this.deliveries.buryAcknowledged(connection, subscription, failures(settlements));
		};
	}

	private void settled(Settlement settlement, Set<Long> accepted, boolean again) {
		LeasedDelivery delivery = settlement.delivery();
		boolean ours = accepted.contains(delivery.messageId());
		delivery.intake().forget(delivery);
		if (settlement.answer() != null) {
			settlement.answer().complete(ours);
		}
		if (ours) {
			accepted(settlement);
		}
		else if (!again) {
			logger.warn(delivery.lost().getMessage());
			this.events.leaseLost(delivery);
		}
	}

	private void accepted(Settlement settlement) {
		Failure failure = settlement.failure();
		if (settlement.outcome() == Outcome.RETRY && failure != null) {
			settlement.delivery().intake().lookNoLaterThan(System.nanoTime() + failure.delay().toNanos());
		}
		if ((settlement.outcome() == Outcome.DEAD || settlement.outcome() == Outcome.BURIED) && failure != null) {
			logger.warn("Message " + settlement.delivery().messageId() + " on channel '"
					+ settlement.delivery().channel() + "' is a dead letter of group '" + settlement.delivery().group()
					+ "' now: " + failure.reason().text());
			this.events.deadLettered(settlement.delivery(), failure.reason());
		}
	}

	private static Collection<LeasedDelivery> deliveries(List<Settlement> settlements) {
		return settlements.stream().map(Settlement::delivery).toList();
	}

	private static List<Failure> failures(List<Settlement> settlements) {
		return settlements.stream().map((settlement) -> Objects.requireNonNull(settlement.failure())).toList();
	}

}
