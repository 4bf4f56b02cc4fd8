package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.lifecycle.Backoff;
import io.github.pgnotify.queue.SubscriptionTable.Subscription;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Sees to it that the channels of a member are subscribed to, so that no message is
 * missed, be it one that is just being stored by a transaction that began before the
 * group: messages get deliveries from the moment the subscription is committed, then
 * those transactions are waited for, and then what is left is added. Nobody claims before
 * that, so nothing is delivered twice. Begun anew by whoever comes next, if the process
 * dies in between.
 */
final class SubscriptionStarter implements Runnable {

	private static final Log logger = LogFactory.getLog(SubscriptionStarter.class);

	private static final Duration PATIENCE = Duration.ofSeconds(5);

	private static final Duration REMOVAL_PATIENCE = Duration.ofMillis(200);

	private static final String OLDEST = """
			SELECT coalesce(string_agg(pid::text, ', '), 'not shown to this role')
			FROM (
				SELECT pid
				FROM pg_stat_activity
				WHERE backend_xid IS NOT NULL
				ORDER BY age(backend_xid) DESC
				LIMIT 3
			) AS oldest
			""";

	private final PgListenerConnectionSource source;

	private final SubscriptionTable subscriptions;

	private final SubscriptionRemoval removal;

	private final QueueEvents events;

	private final GroupMember member;

	private final Runnable started;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofMillis(1500));

	/**
	 * Creates a starter.
	 * @param started told when a channel may be claimed from
	 */
	SubscriptionStarter(PgListenerConnectionSource source, SchemaName schema, QueueEvents events, GroupMember member,
			Runnable started) {
		this.source = source;
		this.subscriptions = new SubscriptionTable(schema);
		this.removal = new SubscriptionRemoval(schema);
		this.events = events;
		this.member = member;
		this.started = started;
	}

	void stop() {
		this.stopped.countDown();
	}

	@Override
	public void run() {
		for (int failures = 0; this.stopped.getCount() > 0;) {
			try (Connection connection = OwnConnection.openPatient(this.source)) {
				// Those that are active already need not wait for others
				for (Intake intake : this.member.intakes()) {
					openIfActive(connection, intake);
				}
				for (Intake intake : this.member.intakes()) {
					start(connection, intake);
				}
				return;
			}
			catch (SQLException | RuntimeException ex) {
				failures++;
				String message = "Group '" + this.member.definition().group() + "' could not be started: "
						+ ex.getMessage();
				if (failures == 1) {
					logger.warn(message);
				}
				else {
					logger.debug(message);
				}
				pause(this.backoff.delay(failures));
			}
		}
	}

	private void openIfActive(Connection connection, Intake intake) throws SQLException {
		Subscription subscription = this.subscriptions.find(connection, intake.channel(), intake.group());
		if (subscription != null && subscription.state().equals("active")) {
			intake.open(subscription.id());
			this.started.run();
		}
	}

	private void start(Connection connection, Intake intake) throws SQLException {
		while (!intake.isOpen() && this.stopped.getCount() > 0) {
			this.subscriptions.create(connection, intake.channel(), intake.group(), this.member.definition().start());
			Subscription subscription = this.subscriptions.find(connection, intake.channel(), intake.group());
			if (subscription != null && subscription.state().equals("starting")) {
				activate(connection, subscription);
				openIfActive(connection, intake);
			}
			else if (subscription != null && subscription.state().equals("active")) {
				openIfActive(connection, intake);
			}
			else if (subscription != null && !this.removal.finish(connection, subscription.id(), REMOVAL_PATIENCE)) {
				// Just being removed, so that it begins anew
				pause(REMOVAL_PATIENCE);
			}
		}
	}

	private void activate(Connection connection, Subscription subscription) throws SQLException {
		this.subscriptions.setBarrier(connection, subscription.id());
		awaitBarrier(connection, subscription);
		if (this.stopped.getCount() == 0) {
			return;
		}
		int earlier = this.subscriptions.activate(connection, subscription.id());
		if (earlier >= 0) {
			logger.info("Group '" + subscription.group() + "' begins on channel '" + subscription.channel() + "' with "
					+ earlier + " message(s) stored before");
			this.events.groupStarted(subscription.channel(), subscription.group(), earlier);
		}
	}

	private void awaitBarrier(Connection connection, Subscription subscription) throws SQLException {
		long begun = System.nanoTime();
		long saidAt = begun;
		for (int millis = 1; !this.subscriptions.isBarrierPassed(connection, subscription.id()); millis = Math
			.min(2 * millis, 100)) {
			if (pause(Duration.ofMillis(millis))) {
				return;
			}
			long now = System.nanoTime();
			if (now - saidAt > PATIENCE.toNanos()) {
				saidAt = now;
				logger.warn("Group '" + subscription.group() + "' on channel '" + subscription.channel()
						+ "' waits for transactions that began before it, " + (now - begun) / 1_000_000_000
						+ " s by now; the oldest are of the server processes " + oldest(connection));
			}
		}
	}

	/**
	 * Waits.
	 * @return whether it was stopped
	 */
	private boolean pause(Duration duration) {
		try {
			return this.stopped.await(duration.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			this.stopped.countDown();
			return true;
		}
	}

	private static String oldest(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(OLDEST)) {
			row.next();
			return row.getString(1);
		}
	}

}
