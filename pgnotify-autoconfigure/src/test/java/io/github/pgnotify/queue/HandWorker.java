package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.queue.ClaimStatements.Claim;
import io.github.pgnotify.queue.DeliveryTable.Failure;
import io.github.pgnotify.queue.InstanceTable.Failing;
import io.github.pgnotify.queue.InstanceTable.Reclaimed;

/**
 * A worker that does one step at a time, with the statements and in a session of the real
 * one. Nothing keeps it from going on when it should not.
 */
final class HandWorker implements AutoCloseable {

	static final Duration LEASE = Duration.ofSeconds(30);

	private static final SchemaName SCHEMA = new SchemaName("queue");

	private static final ClaimStatements claims = new ClaimStatements(SCHEMA);

	private static final DeliveryTable deliveries = new DeliveryTable(SCHEMA);

	private static final InstanceTable instances = new InstanceTable(SCHEMA);

	private static final GroupMember MEMBER = new GroupMember(QueueHarness.consumer("billing", (messages) -> {
	}), 1, Runnable::run, null, () -> {
	});

	private final PgListenerConnectionSource source;

	private final QueueSession session;

	private final int subscription;

	private final Intake intake = new Intake(MEMBER, ChannelName.of("orders"));

	HandWorker(DataSource dataSource, int subscription) throws SQLException {
		this(dataSource::getConnection, subscription);
	}

	HandWorker(PgListenerConnectionSource source, int subscription) throws SQLException {
		this.source = source;
		this.session = QueueSession.open(source);
		this.subscription = subscription;
		this.intake.open(subscription);
		register();
	}

	/**
	 * Makes an active subscription.
	 */
	static int subscribe(DataSource dataSource, String group) throws SQLException {
		SubscriptionTable subscriptions = new SubscriptionTable(SCHEMA);
		ChannelName channel = ChannelName.of("orders");
		try (Connection connection = dataSource.getConnection()) {
			subscriptions.create(connection, channel, group, io.github.pgnotify.StartPosition.EARLIEST);
			int id = subscriptions.find(connection, channel, group).id();
			subscriptions.setBarrier(connection, id);
			while (!subscriptions.isBarrierPassed(connection, id)) {
				Thread.onSpinWait();
			}
			subscriptions.activate(connection, id);
			return id;
		}
	}

	/**
	 * Returns another session of the same.
	 */
	HandWorker another() throws SQLException {
		return new HandWorker(this.source, this.subscription);
	}

	Connection connection() {
		return this.session.connection();
	}

	int backendPid() {
		return this.session.backendPid();
	}

	int instance() {
		return this.session.instance();
	}

	/**
	 * Becomes a new instance, as after every connect.
	 */
	void register() throws SQLException {
		this.session.registered(instances.register(connection(), "by hand"));
	}

	/**
	 * Is as dead as to others: silent, and its lock is free.
	 */
	void seemDead() throws SQLException {
		try (Statement statement = connection().createStatement()) {
			statement.execute("SELECT pg_advisory_unlock_all()");
			statement.execute("UPDATE queue.instance SET heartbeat_at = clock_timestamp() - interval '1 minute' "
					+ "WHERE id = " + instance());
		}
	}

	/**
	 * Takes leave, as at a stop.
	 */
	void unregister() throws SQLException {
		instances.unregister(connection(), instance());
	}

	/**
	 * Claims, as it is done in one round.
	 */
	List<LeasedDelivery> claim(int limit) throws SQLException {
		Claim claim = of(limit);
		ClaimStatements.Ready ready = claims.claimReady(connection(), claim, List.of());
		List<LeasedDelivery> claimed = new ArrayList<>(leased(ready.messages(), false));
		if (claimed.size() < limit && ready.keyed()) {
			claimed.addAll(claimKeyed(limit - claimed.size()));
		}
		if (claimed.size() < limit && ready.suspect()) {
			claimed.addAll(leased(claims.claimSuspect(connection(), claim), true));
		}
		return claimed;
	}

	List<LeasedDelivery> claimReady(int limit) throws SQLException {
		return leased(claims.claimReady(connection(), of(limit), List.of()).messages(), false);
	}

	List<LeasedDelivery> claimKeyed(int limit) throws SQLException {
		return leased(claims.claimKeyed(connection(), of(limit), "", 1000).messages(), false);
	}

	List<LeasedDelivery> claimSuspect() throws SQLException {
		return leased(claims.claimSuspect(connection(), of(1)), true);
	}

	/**
	 * Returns a delivery that there is not.
	 */
	LeasedDelivery invented() {
		return leased(List.of(new Claimed(-1, 1, 0, false, null, null, null, null, false, null)), false).get(0);
	}

	private Claim of(int limit) {
		return new Claim(this.subscription, instance(), LEASE, limit, 100_000);
	}

	/**
	 * Renews a lease.
	 * @return whether it still is ours
	 */
	boolean renew(LeasedDelivery delivery) throws SQLException {
		return deliveries.renew(connection(), this.subscription, instance(), LEASE, List.of(delivery)).isEmpty();
	}

	/**
	 * Extends a lease, as a listener does.
	 * @return whether it was extended
	 */
	boolean extend(LeasedDelivery delivery) throws SQLException {
		return new Heartbeat(SCHEMA, LEASE, new QueueEvents(Runnable::run)).extend(this.session, delivery, LEASE);
	}

	void renewAll(List<LeasedDelivery> held) throws SQLException {
		deliveries.renew(connection(), this.subscription, instance(), LEASE, held);
	}

	/**
	 * Says what became of a delivery.
	 * @return whether that was accepted
	 */
	boolean settle(LeasedDelivery delivery, Settlement.Outcome outcome) throws SQLException {
		return settleAll(List.of(delivery), outcome).contains(delivery.messageId());
	}

	Set<Long> settleAll(List<LeasedDelivery> held, Settlement.Outcome outcome) throws SQLException {
		List<Failure> failures = held.stream()
			.map((delivery) -> new Failure(delivery, Duration.ZERO, DeadLetter.Reason.FAILED, "{\"attempt\":1}"))
			.toList();
		return switch (outcome) {
			case DONE -> deliveries.acknowledge(connection(), this.subscription, held);
			case RETRY -> deliveries.retry(connection(), this.subscription, failures);
			case DEAD -> deliveries.deadLetter(connection(), this.subscription, failures);
			case BURIED -> deliveries.buryAcknowledged(connection(), this.subscription, failures);
			case RELEASED -> deliveries.release(connection(), this.subscription, held);
		};
	}

	/**
	 * Takes what others have leased and can be taken, as the reaper does.
	 * @return how many deliveries
	 */
	int reclaim() throws SQLException {
		int deliveries = 0;
		for (Failing failing : instances.failing(connection(), instance(), Reaper.SILENCE)) {
			if (failing.silent()) {
				deliveries += instances.reclaimOfDead(connection(), failing.id()).deliveries();
			}
			if (failing.expired()) {
				Reclaimed reclaimed = instances.reclaimExpired(connection(), failing.id());
				deliveries += reclaimed.deliveries();
			}
		}
		return deliveries;
	}

	void reclaimOfDead(int owner) throws SQLException {
		instances.reclaimOfDead(connection(), owner);
	}

	void reclaimExpired(int owner) throws SQLException {
		instances.reclaimExpired(connection(), owner);
	}

	void forgetInstances() throws SQLException {
		instances.deleteGone(connection());
	}

	void discard(List<Long> messages) throws SQLException {
		deliveries.discard(connection(), this.subscription, messages);
	}

	int promote() throws SQLException {
		return claims.promote(connection(), this.subscription);
	}

	@Override
	public void close() throws SQLException {
		this.session.close();
	}

	private List<LeasedDelivery> leased(List<Claimed> claimed, boolean suspect) {
		return claimed.stream().map((each) -> new LeasedDelivery(this.intake, each, suspect, null, 0)).toList();
	}

}
