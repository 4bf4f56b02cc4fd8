package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.queue.DeliveryTable.Failure;
import io.github.pgnotify.queue.Settlement.Outcome;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What became of deliveries and the database does not know yet. Filled by any thread,
 * written to the database by that of the queue, many at a time.
 */
final class Ledger {

	private static final Log logger = LogFactory.getLog(Ledger.class);

	/** So many are written at once. */
	private static final int FULL = 500;

	/** How long an entry may wait for others, so that they are written together. */
	private static final long PATIENCE_NANOS = 3_000_000;

	private final Queue<Settlement> entries = new ConcurrentLinkedQueue<>();

	private final AtomicInteger size = new AtomicInteger();

	private volatile long dueAt;

	private volatile boolean urgent;

	/** What is being written, a statement each; the first may be in the database. */
	private final Deque<Group> groups = new ArrayDeque<>();

	private final DeliveryTable deliveries;

	private final QueueEvents events;

	private final Consumer<ChannelName> released;

	/**
	 * Creates a ledger.
	 * @param released told on which channels deliveries were given back
	 */
	Ledger(SchemaName schema, QueueEvents events, Consumer<ChannelName> released) {
		this.deliveries = new DeliveryTable(schema);
		this.events = events;
		this.released = released;
	}

	/**
	 * Adds an entry.
	 * @return whether the thread of the queue should look, be it at the time only
	 */
	boolean add(Settlement settlement) {
		this.entries.add(settlement);
		if (settlement.outcome() != Outcome.DONE || settlement.answer() != null) {
			this.urgent = true;
		}
		int now = this.size.incrementAndGet();
		if (now == 1) {
			this.dueAt = System.nanoTime() + PATIENCE_NANOS;
		}
		return now == 1 || now == FULL || this.urgent;
	}

	/**
	 * Whether to write now.
	 * @param idle whether no other entry is to be expected soon
	 */
	boolean isDue(boolean idle) {
		return !isEmpty() && (idle || this.urgent || this.size.get() >= FULL || !this.groups.isEmpty()
				|| System.nanoTime() - this.dueAt >= 0);
	}

	/**
	 * Whether there is something that is not just done.
	 */
	boolean isUrgent() {
		return this.urgent || !this.groups.isEmpty();
	}

	long dueAt() {
		return this.dueAt;
	}

	boolean isEmpty() {
		return this.entries.isEmpty() && this.groups.isEmpty();
	}

	/**
	 * Tells the database.
	 * @throws SQLException if the connection broke; what could not be told will be, the
	 * next time
	 */
	void flush(Connection connection) throws SQLException {
		group();
		for (Group next = this.groups.peek(); next != null; next = this.groups.peek()) {
			try {
				next.write(connection);
			}
			catch (SQLException ex) {
				if (OwnConnection.isBroken(connection, ex)) {
					throw ex;
				}
				this.groups.remove();
				refused(next, ex);
				continue;
			}
			this.groups.remove();
		}
	}

	/**
	 * Takes out what is done of a channel, to be told together with a claim.
	 * @return {@code null} if there is nothing
	 */
	@Nullable Group done(Intake intake) {
		Group group = new Group(intake, Outcome.DONE);
		for (Iterator<Settlement> all = this.entries.iterator(); all.hasNext();) {
			Settlement next = all.next();
			if (next.outcome() == Outcome.DONE && next.answer() == null && next.delivery().intake() == intake) {
				all.remove();
				this.size.decrementAndGet();
				group.settlements.add(next);
			}
		}
		if (group.settlements.isEmpty()) {
			return null;
		}
		this.groups.addLast(group);
		return group;
	}

	private void group() {
		this.urgent = false;
		Map<List<Object>, Group> grouped = new LinkedHashMap<>();
		for (Settlement next = this.entries.poll(); next != null; next = this.entries.poll()) {
			Settlement settlement = next;
			this.size.decrementAndGet();
			grouped.computeIfAbsent(List.of(next.delivery().intake(), next.outcome()),
					(key) -> new Group(settlement.delivery().intake(), settlement.outcome())).settlements
				.add(settlement);
		}
		this.groups.addAll(grouped.values());
	}

	/**
	 * The database will not take a statement: one after the other then, so that those
	 * that are not the reason are told.
	 */
	private void refused(Group group, SQLException error) {
		if (group.settlements.size() > 1) {
			for (Settlement settlement : group.settlements) {
				Group alone = new Group(group.intake, group.outcome);
				alone.settlements.add(settlement);
				this.groups.addFirst(alone);
			}
			return;
		}
		Settlement settlement = group.settlements.get(0);
		logger.error("The database refuses to take " + settlement.delivery() + " for " + settlement.outcome()
				+ "; it will be handled again when its lease is over", error);
		settlement.delivery().intake().forget(settlement.delivery());
		if (settlement.answer() != null) {
			settlement.answer().complete(false);
		}
	}

	private void settled(Settlement settlement, boolean ours, boolean again) {
		LeasedDelivery delivery = settlement.delivery();
		delivery.intake().forget(delivery);
		boolean heard = settlement.answer() == null || settlement.answer().complete(ours);
		if (ours) {
			accepted(settlement);
		}
		else if (!again) {
			logger.warn(delivery.lost().getMessage());
			this.events.leaseLost(delivery);
		}
		if (settlement.outcome() == Outcome.DONE && settlement.answer() != null
				&& ((ours && !heard) || (!ours && again))) {
			logger
				.error(delivery + " was to be acknowledged before it was handled, and the database answered too late; "
						+ "it may never be handled");
		}
	}

	private void accepted(Settlement settlement) {
		LeasedDelivery delivery = settlement.delivery();
		Failure failure = settlement.failure();
		switch (settlement.outcome()) {
			case DONE -> {
			}
			case RELEASED -> this.released.accept(delivery.channel());
			case RETRY -> {
				this.events.retried(delivery);
				delivery.intake()
					.lookNoLaterThan(System.nanoTime() + Objects.requireNonNull(failure).delay().toNanos());
			}
			case DEAD, BURIED -> {
				DeadLetter.Reason reason = Objects.requireNonNull(failure).reason();
				logger.warn("Message " + delivery.messageId() + " on channel '" + delivery.channel()
						+ "' is a dead letter of group '" + delivery.group() + "' now: " + reason.text());
				this.events.deadLettered(delivery, reason);
			}
		}
	}

	/**
	 * What is written by one statement.
	 */
	final class Group {

		private final Intake intake;

		private final Outcome outcome;

		private final List<Settlement> settlements = new ArrayList<>();

		private boolean tried;

		Group(Intake intake, Outcome outcome) {
			this.intake = intake;
			this.outcome = outcome;
		}

		/**
		 * Has others tell the database.
		 * @return what to tell
		 */
		List<LeasedDelivery> begin() {
			this.tried = true;
			return deliveries(this.settlements);
		}

		/**
		 * Others have told the database.
		 * @param accepted the messages of those that were ours
		 */
		void end(Set<Long> accepted) {
			Ledger.this.groups.remove(this);
			settled(this.settlements, accepted, false);
		}

		private void settled(List<Settlement> settlements, Set<Long> accepted, boolean again) {
			settlements.forEach((settlement) -> Ledger.this.settled(settlement,
					accepted.contains(settlement.delivery().messageId()), again));
		}

		void write(Connection connection) throws SQLException {
			boolean again = this.tried;
			this.tried = true;
			// Who waited in vain for an acknowledgement has not begun
			List<Settlement> wanted = new ArrayList<>(this.settlements.size());
			List<LeasedDelivery> unwanted = new ArrayList<>();
			for (Settlement settlement : this.settlements) {
				if (settlement.answer() == null || !settlement.answer().isDone()) {
					wanted.add(settlement);
				}
				else {
					unwanted.add(settlement.delivery());
				}
			}
			if (!unwanted.isEmpty()) {
				Ledger.this.deliveries.release(connection, this.intake.subscription(), unwanted);
				unwanted.forEach(this.intake::forget);
			}
			if (!wanted.isEmpty()) {
				Set<Long> accepted = execute(connection, wanted);
				settled(wanted, accepted, again);
			}
		}

		private Set<Long> execute(Connection connection, List<Settlement> wanted) throws SQLException {
			DeliveryTable table = Ledger.this.deliveries;
			int subscription = this.intake.subscription();
			return switch (this.outcome) {
				case DONE -> table.acknowledge(connection, subscription, deliveries(wanted));
				case RELEASED -> table.release(connection, subscription, deliveries(wanted));
				case RETRY -> table.retry(connection, subscription, failures(wanted));
				case DEAD -> table.deadLetter(connection, subscription, failures(wanted));
				case BURIED -> table.buryAcknowledged(connection, subscription, failures(wanted));
			};
		}

		private static List<LeasedDelivery> deliveries(List<Settlement> settlements) {
			return settlements.stream().map(Settlement::delivery).toList();
		}

		private static List<Failure> failures(List<Settlement> settlements) {
			return settlements.stream().map((settlement) -> Objects.requireNonNull(settlement.failure())).toList();
		}

	}

}
