package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.lifecycle.Backoff;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The thread of the queue, which alone touches its connection: writes what became of
 * deliveries, claims new ones, keeps leases, takes over those of the dead, and sends
 * wake-ups. One round after the other while there is something to do; connects again when
 * the connection breaks, and takes its leases along.
 */
final class QueueThread implements Runnable, Settlements {

	private static final Log logger = LogFactory.getLog(QueueThread.class);

	private static final Duration STUCK_AFTER = Duration.ofSeconds(30);

	private static final Duration POLL_INTERVAL_WHILE_DEAF = Duration.ofSeconds(1);

	private final PgListenerConnectionSource source;

	private final QueueSettings settings;

	private final QueueEvents events;

	/** Whether notifications arrive, so that wake-ups are heard. */
	private final BooleanSupplier hearing;

	private final List<GroupMember> members = new CopyOnWriteArrayList<>();

	private final Queue<Extension> extensions = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean signaled = new AtomicBoolean();

	private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofMillis(1500));

	private final Ledger ledger;

	private final WakeUps wakeUps;

	private final Claimer claimer;

	private final Heartbeat heartbeat;

	private final Reaper reaper;

	private final Thread thread;

	private volatile boolean claiming = true;

	private volatile boolean stopped;

	private volatile int backendPid;

	private long heartbeatAt;

	private int turn;

	/** How often in a row it had to connect again. */
	private int failures;

	QueueThread(PgListenerConnectionSource source, SchemaName schema, QueueSettings settings, QueueEvents events,
			BooleanSupplier hearing) {
		this.source = source;
		this.settings = settings;
		this.events = events;
		this.hearing = hearing;
		this.ledger = new Ledger(schema, events, (channel) -> wakeUp(channel.value(), true));
		this.wakeUps = new WakeUps(schema);
		this.heartbeat = new Heartbeat(schema, settings.lease(), events);
		this.claimer = new Claimer(schema, settings, this.heartbeat, events, this, this.ledger);
		this.reaper = new Reaper(schema, events);
		this.thread = new Thread(this, "pgnotify-queue");
		this.thread.setDaemon(true);
	}

	void start() {
		this.thread.start();
	}

	void add(GroupMember member) {
		this.members.add(member);
		signal();
	}

	/**
	 * There may be something to do. Any thread; costs nothing if that is known already.
	 */
	void signal() {
		if (!this.signaled.get() && this.signaled.compareAndSet(false, true)) {
			LockSupport.unpark(this.thread);
		}
	}

	/**
	 * There are messages on a channel. Any thread.
	 * @param others whether other processes are to be told
	 */
	void wakeUp(String channel, boolean others) {
		for (GroupMember member : this.members) {
			for (Intake intake : member.intakes()) {
				if (intake.channel().value().equals(channel)) {
					intake.signal();
				}
			}
		}
		if (others) {
			this.wakeUps.add(channel);
		}
		signal();
	}

	/**
	 * There may be messages on any channel. Any thread.
	 */
	void wakeUpAll() {
		intakes().forEach(Intake::signal);
		signal();
	}

	/**
	 * The server process of its connection; 0 without one.
	 */
	int backendPid() {
		return this.backendPid;
	}

	/**
	 * Claims nothing from now on.
	 */
	void stopClaiming() {
		this.claiming = false;
	}

	/**
	 * Ends when everything is written, or the time is up.
	 */
	void stop(Duration timeout) throws InterruptedException {
		this.stopped = true;
		signal();
		this.thread.join(Math.max(1, timeout.toMillis()));
		if (this.thread.isAlive()) {
			logger.warn("The queue's thread has not ended in time: what it had leased is handled again elsewhere");
		}
	}

	@Override
	public void settle(Settlement settlement) {
		if (this.ledger.add(settlement)) {
			signal();
		}
	}

	@Override
	public List<LeasedDelivery> settleNow(List<Settlement> settlements) {
		Map<LeasedDelivery, Answer> answers = new LinkedHashMap<>();
		for (Settlement settlement : settlements) {
			Answer answer = new Answer();
			answers.put(settlement.delivery(), answer);
			this.ledger.add(settlement.answering(answer));
		}
		signal();
		long deadline = deadline();
		return answers.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().await(deadline))
			.map(Map.Entry::getKey)
			.toList();
	}

	@Override
	public boolean extend(LeasedDelivery delivery, Duration duration) {
		Extension extension = new Extension(delivery, duration, new Answer());
		this.extensions.add(extension);
		signal();
		return extension.answer().await(deadline());
	}

	@Override
	public void run() {
		while (!isDone()) {
			try (QueueSession session = QueueSession.open(this.source)) {
				this.backendPid = session.backendPid();
				if (this.failures > 0) {
					this.reaper.reconnected();
				}
				serve(session);
			}
			catch (Throwable ex) {
				this.failures++;
				failed(ex);
				LockSupport.parkNanos(this.backoff.delay(this.failures).toNanos());
			}
			finally {
				this.backendPid = 0;
			}
		}
	}

	private void failed(Throwable ex) {
		if (!(ex instanceof SQLException)) {
			logger.error("The queue's thread failed; it begins again", ex);
		}
		else if (this.failures == 1) {
			logger.warn("The queue's connection is lost or refused: " + ex.getMessage()
					+ "; what is leased goes on, nothing new is begun");
		}
		else {
			logger.debug("The queue's connection is lost or refused", ex);
		}
	}

	private boolean isDone() {
		return this.stopped && (this.ledger.isEmpty() || this.failures > 3);
	}

	private void serve(QueueSession session) throws SQLException {
		wakeUpAll();
		while (true) {
			this.signaled.set(false);
			boolean more = round(session);
			if (this.failures > 0) {
				logger.info("The queue's connection is back");
				this.failures = 0;
			}
			if (this.stopped && this.ledger.isEmpty()) {
				leave(session);
				return;
			}
			if (!more && !this.signaled.get()) {
				long wait = nextAt() - System.nanoTime();
				if (wait > 0) {
					LockSupport.parkNanos(this, wait);
				}
			}
		}
	}

	/**
	 * Does once what there is to do.
	 * @return whether there is more at once
	 */
	private boolean round(QueueSession session) throws SQLException {
		List<Intake> intakes = intakes();
		if (!intakes.isEmpty() && !session.isRegistered()) {
			this.heartbeat.begin(session, this.settings.name(), intakes);
		}
		for (Extension next = this.extensions.poll(); next != null; next = this.extensions.poll()) {
			next.run(session, this.heartbeat);
		}
		if (intakes.isEmpty()) {
			flushIfDue(session);
			this.wakeUps.send(session.connection());
			return false;
		}
		if (this.ledger.isUrgent() || intakes.stream().anyMatch(Intake::hasKeyed)) {
			// Who waits for an answer, or the next one of a key, does not wait for a
			// claim
			flushIfDue(session);
		}
		for (String channel : this.reaper.reap(session)) {
			wakeUp(channel, true);
		}
		boolean more = this.claiming && claim(session, intakes);
		flushIfDue(session);
		// Others can wait, what is handled here cannot
		this.wakeUps.send(session.connection());
		// After the claim, so that a process that was idle shows at once that it lives
		this.heartbeatAt = this.heartbeat.beat(session, intakes);
		this.members.forEach(GroupMember::staff);
		reportStuck();
		return more;
	}

	private void flushIfDue(QueueSession session) throws SQLException {
		if (this.ledger.isDue(this.stopped || this.members.stream().allMatch(GroupMember::isIdle))) {
			this.ledger.flush(session.connection());
		}
	}

	private boolean claim(QueueSession session, List<Intake> intakes) throws SQLException {
		Duration pollInterval = this.hearing.getAsBoolean() ? this.settings.pollInterval()
				: min(POLL_INTERVAL_WHILE_DEAF, this.settings.pollInterval());
		boolean more = false;
		// Each in turn is the first, so that none takes all the room of its member
		this.turn++;
		for (int i = 0; i < intakes.size(); i++) {
			Intake intake = intakes.get(Math.floorMod(i + this.turn, intakes.size()));
			if (intake.isOpen() && this.claimer.isDue(intake)) {
				more |= claim(session, intake, pollInterval);
			}
		}
		return more;
	}

	private boolean claim(QueueSession session, Intake intake, Duration pollInterval) throws SQLException {
		try {
			boolean again = this.claimer.claim(session, intake, pollInterval);
			if (again) {
				intake.lookNoLaterThan(System.nanoTime());
			}
			return again;
		}
		catch (SQLException ex) {
			if (OwnConnection.isBroken(session.connection(), ex)) {
				throw ex;
			}
			logger.error("Nothing can be claimed for group '" + intake.group() + "' on channel '" + intake.channel()
					+ "'; trying again in " + pollInterval.toMillis() + " ms", ex);
			return false;
		}
	}

	private long nextAt() {
		long next = System.nanoTime() + Duration.ofMinutes(1).toNanos();
		if (!this.wakeUps.isEmpty()) {
			next = earlier(next, this.wakeUps.nextAt());
		}
		if (this.members.isEmpty()) {
			return next;
		}
		if (!this.ledger.isEmpty()) {
			next = earlier(next, this.ledger.dueAt());
		}
		next = earlier(next, this.heartbeatAt);
		next = earlier(next, this.reaper.nextAt());
		for (Intake intake : intakes()) {
			if (this.claiming && intake.isOpen() && intake.member().capacity() > 0) {
				next = earlier(next, intake.lookAt());
			}
		}
		return next;
	}

	/**
	 * Gives back what was claimed while it was being stopped.
	 */
	private void leave(QueueSession session) throws SQLException {
		for (Intake intake : intakes()) {
			intake.held().stream().filter(LeasedDelivery::settle).map(Settlement::release).forEach(this.ledger::add);
		}
		this.ledger.flush(session.connection());
		this.wakeUps.send(session.connection());
		if (session.isRegistered()) {
			this.heartbeat.end(session);
		}
	}

	private void reportStuck() {
		for (GroupMember member : this.members) {
			for (GroupMember.Call call : member.stuck(STUCK_AFTER.toNanos())) {
				LeasedDelivery first = call.deliveries().get(0);
				logger.warn("Listener '" + member.definition().id() + "' has been busy with " + first + " for "
						+ STUCK_AFTER.toSeconds() + " s");
				this.events.stuck(first, STUCK_AFTER);
			}
		}
	}

	private List<Intake> intakes() {
		List<Intake> intakes = new ArrayList<>();
		this.members.forEach((member) -> intakes.addAll(member.intakes()));
		return intakes;
	}

	private long deadline() {
		return System.nanoTime() + this.settings.lease().toNanos();
	}

	private static long earlier(long one, long other) {
		return (one - other < 0) ? one : other;
	}

	private static Duration min(Duration one, Duration other) {
		return (one.compareTo(other) < 0) ? one : other;
	}

}
