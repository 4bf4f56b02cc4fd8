package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgnotify.queue.Settlement.Outcome;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What two sessions do to the same delivery while the transaction of one is open.
 */
@Timeout(60)
class QueueLockIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private DataSource dataSource;

	private HandWorker first;

	private HandWorker second;

	@BeforeEach
	void prepare() throws SQLException {
		this.dataSource = this.database.dataSource();
		new QueueSchema(this.dataSource, "queue").migrate();
		int subscription = HandWorker.subscribe(this.dataSource, "billing");
		this.first = new HandWorker(this.dataSource, subscription);
		this.second = new HandWorker(this.dataSource, subscription);
	}

	@AfterEach
	void stop() throws SQLException {
		this.first.close();
		this.second.close();
		this.threads.shutdownNow();
	}

	@Test
	void whatOneIsClaimingTheOtherOnePassesOver() throws SQLException {
		store(10, null);
		begin(this.first);
		List<Long> mine = ids(this.first.claim(5));
		List<Long> yours = ids(this.second.claim(100));
		assertThat(mine).hasSize(5).doesNotContainAnyElementsOf(yours);
		assertThat(yours).hasSize(5);
		this.first.connection().rollback();
		assertThat(ids(this.second.claim(100))).containsExactlyElementsOf(mine);
	}

	@Test
	void ofOneKeyTheOtherOneWaitsForTheFirstAndFails() throws Exception {
		// A lower id that is committed late: each sees another head of the key
		begin(this.second);
		execute(this.second, insert("k"));
		store(1, "k");
		begin(this.first);
		List<LeasedDelivery> later = this.first.claim(10);
		assertThat(later).hasSize(1);
		this.second.connection().commit();
		begin(this.second);
		Future<List<LeasedDelivery>> earlier = this.threads.submit(() -> this.second.claimKeyed(10));
		awaitBlocked(this.second, this.first);
		this.first.connection().commit();
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> earlier.get(30, TimeUnit.SECONDS))
			.withMessageContaining("delivery_key_leased");
		this.second.connection().rollback();
		assertThat(this.second.claim(10)).isEmpty();
		commit(this.second);
		assertThat(this.first.settle(later.get(0), Outcome.DONE)).isTrue();
		this.first.connection().commit();
		assertThat(this.second.claim(10)).hasSize(1);
		assertThat(leased()).isEqualTo(1);
	}

	@Test
	void ofOneKeyTheOtherOneGoesOnIfTheFirstRollsBack() throws Exception {
		begin(this.second);
		execute(this.second, insert("k"));
		store(1, "k");
		begin(this.first);
		assertThat(this.first.claim(10)).hasSize(1);
		this.second.connection().commit();
		this.second.connection().setAutoCommit(true);
		Future<List<LeasedDelivery>> earlier = this.threads.submit(() -> this.second.claimKeyed(10));
		awaitBlocked(this.second, this.first);
		this.first.connection().rollback();
		assertThat(earlier.get(30, TimeUnit.SECONDS)).hasSize(1);
		assertThat(leased()).isEqualTo(1);
	}

	@Test
	void whatIsBeingReclaimedIsNotClaimed() throws SQLException {
		LeasedDelivery stale = leasedAndExpired(this.first, null);
		begin(this.second);
		assertThat(this.second.reclaim()).isOne();
		assertThat(this.first.claim(10)).isEmpty();
		this.second.connection().commit();
		List<LeasedDelivery> next = this.first.claim(10);
		assertThat(next).hasSize(1);
		assertThat(next.get(0).token()).isEqualTo(stale.token() + 1);
		assertThat(next.get(0).isSuspect()).isTrue();
	}

	@Test
	void twoReapersTakeADeliveryOnce() throws SQLException {
		leasedAndExpired(this.first, null);
		begin(this.first);
		begin(this.second);
		assertThat(this.first.reclaim()).isOne();
		assertThat(this.second.reclaim()).isZero();
		commit(this.first);
		commit(this.second);
		assertThat(this.second.reclaim()).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whatIsBeingAcknowledgedIsReclaimedOnlyIfThatFails(boolean succeeds) throws SQLException {
		LeasedDelivery delivery = leasedAndExpired(this.first, null);
		begin(this.first);
		assertThat(this.first.settle(delivery, Outcome.DONE)).isTrue();
		assertThat(this.second.reclaim()).as("passed over, without waiting").isZero();
		if (succeeds) {
			this.first.connection().commit();
		}
		else {
			this.first.connection().rollback();
		}
		assertThat(this.second.reclaim()).isEqualTo(succeeds ? 0 : 1);
		assertThat(this.second.claim(10)).hasSize(succeeds ? 0 : 1);
	}

	@ParameterizedTest
	@EnumSource(value = Outcome.class, names = "BURIED", mode = EnumSource.Mode.EXCLUDE)
	void whatIsBeingReclaimedCannotBeSettledAnyMore(Outcome outcome) throws Exception {
		LeasedDelivery delivery = leasedAndExpired(this.first, null);
		begin(this.second);
		assertThat(this.second.reclaim()).isOne();
		Future<Boolean> accepted = this.threads.submit(() -> this.first.settle(delivery, outcome));
		awaitBlocked(this.first, this.second);
		this.second.connection().commit();
		assertThat(accepted.get(30, TimeUnit.SECONDS)).isFalse();
		assertThat(this.database.queryForString("SELECT state FROM queue.delivery")).isEqualTo("suspect");
		assertThat(this.database.queryForString("SELECT count(*) FROM queue.dead_letter")).isEqualTo("0");
	}

	@ParameterizedTest
	@EnumSource(value = Outcome.class, names = "BURIED", mode = EnumSource.Mode.EXCLUDE)
	void whatIsBeingReclaimedInVainCanBeSettled(Outcome outcome) throws Exception {
		LeasedDelivery delivery = leasedAndExpired(this.first, null);
		begin(this.second);
		assertThat(this.second.reclaim()).isOne();
		Future<Boolean> accepted = this.threads.submit(() -> this.first.settle(delivery, outcome));
		awaitBlocked(this.first, this.second);
		this.second.connection().rollback();
		assertThat(accepted.get(30, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void aHandlersOpenTransactionDoesNotHoldUpTheRenewalOfItsLease() throws SQLException {
		store(2, null);
		List<LeasedDelivery> claimed = this.first.claim(2);
		try (HandWorker handler = this.first.another()) {
			begin(handler);
			expire();
			assertThat(handler.settle(claimed.get(0), Outcome.DONE)).isTrue();
			for (LeasedDelivery delivery : claimed) {
				assertThat(this.first.renew(delivery)).isTrue();
			}
			// The one that is being ended is passed over, by the reaper too
			assertThat(unexpired()).isOne();
			assertThat(this.second.reclaim()).isZero();
			handler.connection().commit();
		}
		assertThat(this.first.renew(claimed.get(0))).isFalse();
		assertThat(this.first.renew(claimed.get(1))).isTrue();
	}

	@Test
	void aRenewalUnderWayDoesNotMakeAnAcknowledgementFail() throws Exception {
		store(1, null);
		LeasedDelivery delivery = this.first.claim(1).get(0);
		try (HandWorker handler = this.first.another()) {
			begin(this.first);
			assertThat(this.first.renew(delivery)).isTrue();
			begin(handler);
			Future<Boolean> accepted = this.threads.submit(() -> handler.settle(delivery, Outcome.DONE));
			awaitBlocked(handler, this.first);
			this.first.connection().commit();
			assertThat(accepted.get(30, TimeUnit.SECONDS)).isTrue();
			handler.connection().commit();
		}
		assertThat(this.database.queryForString("SELECT count(*) FROM queue.delivery")).isEqualTo("0");
	}

	@Test
	void anExtensionIsNotConfirmedWhileTheLeaseIsBeingTaken() throws SQLException {
		LeasedDelivery delivery = leasedAndExpired(this.first, null);
		begin(this.second);
		assertThat(this.second.reclaim()).isOne();
		assertThat(this.first.extend(delivery)).isFalse();
		this.second.connection().commit();
		assertThat(this.first.extend(delivery)).isFalse();
	}

	@Test
	void aRenewalTakesALeaseAlongToTheNextConnection() throws SQLException {
		store(1, null);
		LeasedDelivery delivery = this.first.claim(1).get(0);
		this.first.seemDead();
		try (HandWorker reconnected = this.first.another()) {
			assertThat(reconnected.renew(delivery)).isTrue();
			assertThat(this.second.reclaim()).isZero();
			assertThat(reconnected.settle(delivery, Outcome.DONE)).isTrue();
		}
	}

	private LeasedDelivery leasedAndExpired(HandWorker worker, String key) throws SQLException {
		store(1, key);
		LeasedDelivery delivery = worker.claim(1).get(0);
		expire();
		return delivery;
	}

	private void expire() {
		this.database.execute("UPDATE queue.delivery SET leased_until = clock_timestamp() - interval '1 s' "
				+ "WHERE state = 'leased'");
	}

	private void store(int count, String key) {
		for (int i = 0; i < count; i++) {
			this.database.execute(insert(key));
		}
	}

	private static String insert(String key) {
		return "INSERT INTO queue.message (channel, data, announce, key) VALUES ('orders', '1', false, "
				+ ((key != null) ? "'" + key + "'" : "NULL") + ")";
	}

	private long leased() {
		return Long
			.parseLong(this.database.queryForString("SELECT count(*) FROM queue.delivery WHERE state = 'leased'"));
	}

	private long unexpired() {
		return Long.parseLong(this.database
			.queryForString("SELECT count(*) FROM queue.delivery WHERE leased_until > clock_timestamp()"));
	}

	private static void begin(HandWorker worker) throws SQLException {
		worker.connection().setAutoCommit(false);
	}

	private static void commit(HandWorker worker) throws SQLException {
		worker.connection().commit();
		worker.connection().setAutoCommit(true);
	}

	private static void execute(HandWorker worker, String sql) throws SQLException {
		try (var statement = worker.connection().createStatement()) {
			statement.execute(sql);
		}
	}

	private void awaitBlocked(HandWorker blocked, HandWorker by) {
		Callable<Boolean> isBlocked = () -> this.database.jdbc()
			.queryForObject("SELECT ? = ANY (pg_blocking_pids(?))", Boolean.class, by.backendPid(),
					blocked.backendPid());
		await().atMost(PATIENCE).until(isBlocked);
	}

	private static List<Long> ids(List<LeasedDelivery> deliveries) {
		return deliveries.stream().map(LeasedDelivery::messageId).toList();
	}

}
