package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.queue.ClaimStatements.Claim;
import io.github.pgnotify.queue.ClaimStatements.Keyed;
import io.github.pgnotify.queue.ClaimStatements.Ready;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Claims deliveries and hands them to their members. On the thread of the queue.
 */
final class Claimer {

	private static final Log logger = LogFactory.getLog(Claimer.class);

	private static final int LEAST_KEYS = 64;

	/** {@code unique_violation}: somebody else has just leased another one of the key. */
	private static final String KEY_IS_LEASED = "23505";

	private final ClaimStatements statements;

	private final DeliveryTable deliveries;

	private final QueueSettings settings;

	private final Heartbeat heartbeat;

	private final QueueEvents events;

	private final Settlements settlements;

	private final Ledger ledger;

	/** One at a time, so that one that kills this process takes no other with it. */
	private @Nullable LeasedDelivery suspect;

	private long suspectSince;

	Claimer(SchemaName schema, QueueSettings settings, Heartbeat heartbeat, QueueEvents events, Settlements settlements,
			Ledger ledger) {
		this.statements = new ClaimStatements(schema);
		this.deliveries = new DeliveryTable(schema);
		this.settings = settings;
		this.heartbeat = heartbeat;
		this.events = events;
		this.settlements = settlements;
		this.ledger = ledger;
	}

	/**
	 * Whether to look now: it is time to, or there is another suspect delivery and the
	 * last one is over.
	 */
	boolean isDue(Intake intake) {
		return intake.isDue(System.nanoTime()) || (intake.hasSuspect() && mayHandleSuspect());
	}

	/**
	 * Looks once for what a channel has. What may come of suspects and keys is claimed
	 * first, or they would never come as long as there is enough of the others.
	 * @param pollInterval when to look next though nobody says so
	 * @return whether there may be more at once
	 */
	boolean claim(QueueSession session, Intake intake, Duration pollInterval) throws SQLException {
		int room = intake.member().capacity();
		if (room == 0) {
			return false;
		}
		intake.look(System.nanoTime() + pollInterval.toNanos());
		boolean keyedBefore = intake.hasKeyed();
		boolean suspectBefore = intake.hasSuspect();
		boolean more = false;
		if (suspectBefore) {
			room -= claimSuspect(session, intake);
		}
		if (keyedBefore && room > 0) {
			Keyed keyed = claimKeyed(session, intake, (room + 1) / 2);
			room -= keyed.messages().size();
			more = intake.sawKeys(keyed.last(), !keyed.messages().isEmpty());
		}
		Ready ready = claimReady(session, intake, Math.max(room, 1));
		more |= ready.messages().size() >= room;
		// What was not known of before is claimed in another look
		more |= (ready.keyed() && !keyedBefore) || (ready.suspect() && !suspectBefore);
		intake.found(ready.keyed(), ready.suspect() && (!suspectBefore || intake.hasSuspect()));
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

	private Ready claimReady(QueueSession session, Intake intake, int limit) throws SQLException {
		long leasedUntil = leasedUntil();
		Ready ready = acknowledgeAndClaim(session, intake, claim(session, intake, limit));
		hand(session, intake, ready.messages(), false, leasedUntil);
		return ready;
	}

	/**
	 * What is done goes along with the claim: one round trip and one commit for both.
	 */
	private Ready acknowledgeAndClaim(QueueSession session, Intake intake, Claim claim) throws SQLException {
		Ledger.Group done = this.ledger.done(intake);
		if (done == null) {
			return this.statements.claimReady(session.connection(), claim, List.of());
		}
		try {
			Ready ready = this.statements.claimReady(session.connection(), claim, done.begin());
			done.end(ready.acknowledged());
			return ready;
		}
		catch (SQLException ex) {
			if (OwnConnection.isBroken(session.connection(), ex)) {
				throw ex;
			}
			// Neither was done. The ledger finds out what it was that cannot be
			return this.statements.claimReady(session.connection(), claim, List.of());
		}
	}

	private Keyed claimKeyed(QueueSession session, Intake intake, int limit) throws SQLException {
		long leasedUntil = leasedUntil();
		try {
			Keyed keyed = this.statements.claimKeyed(session.connection(), claim(session, intake, limit),
					intake.lastKey(), Math.max(LEAST_KEYS, 4 * limit));
			hand(session, intake, keyed.messages(), false, leasedUntil);
			return keyed;
		}
		catch (SQLException ex) {
			if (KEY_IS_LEASED.equals(ex.getSQLState())) {
				logger.debug("Another instance was faster with a key");
				intake.signal();
				return new Keyed(List.of(), intake.lastKey());
			}
			throw ex;
		}
	}

	/**
	 * Claims one, unless another one is being handled.
	 * @return how many
	 */
	private int claimSuspect(QueueSession session, Intake intake) throws SQLException {
		if (!mayHandleSuspect()) {
			return 0;
		}
		long leasedUntil = leasedUntil();
		List<Claimed> claimed;
		try {
			claimed = this.statements.claimSuspect(session.connection(), claim(session, intake, 1));
		}
		catch (SQLException ex) {
			if (KEY_IS_LEASED.equals(ex.getSQLState())) {
				return 0;
			}
			throw ex;
		}
		if (claimed.isEmpty()) {
			// Somebody else was faster, or they have to wait for others of their keys
			intake.found(intake.hasKeyed(), false);
		}
		List<LeasedDelivery> handed = hand(session, intake, claimed, true, leasedUntil);
		if (!handed.isEmpty()) {
			this.suspect = handed.get(0);
			this.suspectSince = System.nanoTime();
		}
		return claimed.size();
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
			else {
				intake.hold(delivery);
				leased.add(delivery);
			}
		}
		if (!claimed.isEmpty()) {
			this.heartbeat.claimed(session);
			this.events.claimed(intake.channel(), intake.group(), leased.size());
		}
		if (!leased.isEmpty() && !intake.member().accept(leased)) {
			leased.stream()
				.filter(LeasedDelivery::settle)
				.forEach((delivery) -> this.settlements.settle(Settlement.release(delivery)));
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
