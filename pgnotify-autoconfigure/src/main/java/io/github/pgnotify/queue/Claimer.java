package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.queue.ClaimStatements.Claim;
import io.github.pgnotify.queue.ClaimStatements.Claimed;
import io.github.pgnotify.queue.ClaimStatements.Keyed;
import io.github.pgnotify.queue.ClaimStatements.Ready;
import io.github.pgnotify.queue.DeadLetter.Reason;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Claims deliveries and hands them to their members. On the thread of the queue.
 */
final class Claimer {

	private static final Log logger = LogFactory.getLog(Claimer.class);

	private static final int LEAST_KEYS = 64;

	private static final Duration SUSPECT_INTERVAL = Duration.ofMillis(200);

	/** {@code unique_violation}: somebody else has just leased another one of the key. */
	private static final String KEY_IS_LEASED = "23505";

	private final ClaimStatements statements;

	private final DeliveryTable deliveries;

	private final QueueSettings settings;

	private final Settlements settlements;

	/** One at a time, so that one that kills this process takes no other with it. */
	private @Nullable LeasedDelivery suspect;

	private long suspectSince;

	Claimer(SchemaName schema, QueueSettings settings, Settlements settlements) {
		this.statements = new ClaimStatements(schema);
		this.deliveries = new DeliveryTable(schema);
		this.settings = settings;
		this.settlements = settlements;
	}

	/**
	 * Looks once for what a channel has.
	 * @param pollInterval when to look next though nobody says so
	 * @return whether there may be more at once
	 */
	boolean claim(QueueSession session, Intake intake, Duration pollInterval) throws SQLException {
		int capacity = intake.member().capacity();
		if (capacity == 0) {
			return false;
		}
		intake.look(System.nanoTime() + pollInterval.toNanos());
		int limit = capacity;
		long leasedUntil = leasedUntil();
		Ready ready = this.statements.claimReady(session.connection(), claim(session, intake, limit));
		hand(session, intake, ready.messages(), false, leasedUntil);
		limit -= ready.messages().size();
		boolean more = limit == 0;
		if (limit > 0 && ready.keyed()) {
			more |= claimKeyed(session, intake, limit);
		}
		if (limit > 0 && ready.suspect()) {
			claimSuspect(session, intake);
			intake.lookNoLaterThan(System.nanoTime() + SUSPECT_INTERVAL.toNanos());
		}
		if (ready.dueIn() != null) {
			more |= promote(session, intake, ready.dueIn());
		}
		if (ready.state() == null) {
			logger.warn("Group '" + intake.group() + "' was removed from channel '" + intake.channel() + "'; listener '"
					+ intake.member().definition().id() + "' gets nothing from there any more");
			intake.open(0);
		}
		return more;
	}

	/**
	 * Whether suspect deliveries may be claimed: none is being handled, or it has shown
	 * by now that it does not kill.
	 */
	private boolean mayHandleSuspect() {
		LeasedDelivery last = this.suspect;
		return last == null || !last.isOpen()
				|| System.nanoTime() - this.suspectSince > this.settings.lease().toNanos();
	}

	private boolean claimKeyed(QueueSession session, Intake intake, int limit) throws SQLException {
		long leasedUntil = leasedUntil();
		try {
			Keyed keyed = this.statements.claimKeyed(session.connection(), claim(session, intake, limit),
					intake.lastKey(), Math.max(LEAST_KEYS, 4 * limit));
			hand(session, intake, keyed.messages(), false, leasedUntil);
			return intake.sawKeys(keyed.last(), !keyed.messages().isEmpty());
		}
		catch (SQLException ex) {
			if (KEY_IS_LEASED.equals(ex.getSQLState())) {
				logger.debug("Another instance was faster with a key");
				return true;
			}
			throw ex;
		}
	}

	private void claimSuspect(QueueSession session, Intake intake) throws SQLException {
		if (!mayHandleSuspect()) {
			return;
		}
		long leasedUntil = leasedUntil();
		List<Claimed> claimed;
		try {
			claimed = this.statements.claimSuspect(session.connection(), claim(session, intake, 1));
		}
		catch (SQLException ex) {
			if (KEY_IS_LEASED.equals(ex.getSQLState())) {
				return;
			}
			throw ex;
		}
		List<LeasedDelivery> handed = hand(session, intake, claimed, true, leasedUntil);
		if (!handed.isEmpty()) {
			this.suspect = handed.get(0);
			this.suspectSince = System.nanoTime();
		}
	}

	private boolean promote(QueueSession session, Intake intake, Duration dueIn) throws SQLException {
		if (dueIn.isZero()) {
			return this.statements.promote(session.connection(), intake.subscription()) > 0;
		}
		intake.lookNoLaterThan(System.nanoTime() + dueIn.toNanos());
		return false;
	}

	private List<LeasedDelivery> hand(QueueSession session, Intake intake, List<Claimed> claimed, boolean suspect,
			long leasedUntil) throws SQLException {
		List<LeasedDelivery> leased = new ArrayList<>(claimed.size());
		List<Long> gone = new ArrayList<>();
		for (Claimed each : claimed) {
			LeasedDelivery delivery = new LeasedDelivery(intake, each, suspect, this.settlements, leasedUntil);
			if (each.gone()) {
				gone.add(each.messageId());
			}
			else if (each.expired()) {
				intake.hold(delivery);
				delivery.settle();
				this.settlements.settle(Settlement.dead(delivery, Reason.EXPIRED,
						Errors.json(delivery.attempt(), "expired before it was handled")));
			}
			else {
				intake.hold(delivery);
				leased.add(delivery);
			}
		}
		if (!leased.isEmpty()) {
			intake.member().accept(leased);
		}
		if (!gone.isEmpty()) {
			this.deliveries.discard(session.connection(), intake.subscription(), gone);
		}
		return leased;
	}

	/** A little early: the database began to count later than we do. */
	private long leasedUntil() {
		return System.nanoTime() + this.settings.lease().toNanos();
	}

	private Claim claim(QueueSession session, Intake intake, int limit) {
		long large = this.settings.prefetchBytes().toBytes() / this.settings.prefetchMessages();
		return new Claim(intake.subscription(), session.instance(), this.settings.lease(), limit,
				(int) Math.min(large, Integer.MAX_VALUE));
	}

}
