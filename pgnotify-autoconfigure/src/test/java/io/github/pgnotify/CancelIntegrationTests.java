package io.github.pgnotify;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What can be taken back, and what cannot.
 */
class CancelIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final QueuePublisher publisher = QueuePublisher.of(database);

	private final PgNotifyOperations template = this.publisher.template;

	private int billing;

	private int audit;

	private long id;

	@BeforeEach
	void store() {
		database.execute("TRUNCATE queue.message, queue.subscription, queue.delivery, queue.dead_letter");
		this.billing = this.publisher.addGroup("orders", "billing");
		this.audit = this.publisher.addGroup("orders", "audit");
		this.template.enqueue("orders", "another");
		this.id = this.template.enqueue("orders", "this one").id();
	}

	@ParameterizedTest
	@ValueSource(strings = { "state = 'ready'", "state = 'deferred', available_at = now() + interval '1 hour'",
			"state = 'suspect'", "state = 'deferred', available_at = now(), attempts = 3" })
	void whatWaitsIsTakenBackAndItsMessageDeleted(String change) {
		change(this.billing, change);
		assertThat(this.template.cancel(this.id)).isTrue();
		assertThat(deliveries()).isEqualTo("0");
		assertThat(messages()).isEqualTo("0");
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("2");
		assertThat(this.template.cancel(this.id)).isFalse();
	}

	@Test
	void aGroupAtWorkFinishesAndTheOthersGetNothing() {
		lease(this.billing);
		assertThat(this.template.cancel(this.id)).isTrue();
		assertThat(this.publisher.query("SELECT subscription_id FROM queue.delivery WHERE message_id = ?", this.id))
			.isEqualTo(String.valueOf(this.billing));
		assertThat(messages()).isEqualTo("1");
		assertThat(this.template.cancel(this.id)).isFalse();
		assertThat(messages()).isEqualTo("1");
	}

	@Test
	void nothingHappensIfAllGroupsAreAtWork() {
		lease(this.billing);
		lease(this.audit);
		assertThat(this.template.cancel(this.id)).isFalse();
		assertThat(deliveries()).isEqualTo("2");
		assertThat(messages()).isEqualTo("1");
	}

	@Test
	void whatAllGroupsAreDoneWithIsLeftAlone() {
		done(this.billing);
		done(this.audit);
		assertThat(this.template.cancel(this.id)).isFalse();
		assertThat(messages()).isEqualTo("1");
	}

	@Test
	void whatOneGroupIsDoneWithIsTakenFromTheOther() {
		done(this.billing);
		assertThat(this.template.cancel(this.id)).isTrue();
		assertThat(deliveries()).isEqualTo("0");
		assertThat(messages()).isEqualTo("0");
	}

	@Test
	void aDeadLetterKeepsItsMessage() {
		done(this.billing);
		database.jdbc()
			.update("INSERT INTO queue.dead_letter (message_id, subscription_id, reason, attempts, token) "
					+ "VALUES (?, ?, 'failed', 1, 1)", this.id, this.billing);
		assertThat(this.template.cancel(this.id)).isTrue();
		assertThat(deliveries()).isEqualTo("0");
		assertThat(messages()).isEqualTo("1");
		assertThat(this.template.cancel(this.id)).isFalse();
		assertThat(messages()).isEqualTo("1");
	}

	@Test
	void aMessageThatNoGroupConsumesIsDeleted() {
		long unheard = this.template.enqueue("unheard", 1).id();
		assertThat(this.template.cancel(unheard)).isTrue();
		assertThat(this.template.cancel(unheard)).isFalse();
		assertThat(this.publisher.query("SELECT count(*) FROM queue.message WHERE id = ?", unheard)).isEqualTo("0");
	}

	@Test
	void aGroupThatIsBeingRemovedDoesNotCount() {
		database.execute("UPDATE queue.subscription SET state = 'removing'; DELETE FROM queue.delivery");
		assertThat(this.template.cancel(this.id)).isTrue();
		assertThat(messages()).isEqualTo("0");
	}

	@Test
	void thereIsNothingToTakeBackOfAMessageThatNeverWas() {
		assertThat(this.template.cancel(this.id + 1000)).isFalse();
	}

	@Test
	void whatIsBeingClaimedCountsAsBegun() throws SQLException {
		try (Connection claimer = database.dataSource().getConnection();
				Statement statement = claimer.createStatement()) {
			claimer.setAutoCommit(false);
			statement.execute("UPDATE queue.delivery SET state = 'leased', leased_until = now(), token = token + 1 "
					+ "WHERE subscription_id = " + this.billing);
			assertThat(this.template.cancel(this.id)).isTrue();
			claimer.commit();
		}
		assertThat(this.publisher.query("SELECT subscription_id FROM queue.delivery WHERE message_id = ?", this.id))
			.isEqualTo(String.valueOf(this.billing));
		assertThat(messages()).isEqualTo("1");
	}

	@Test
	void itBelongsToTheCallersTransaction() {
		this.publisher.transaction().executeWithoutResult((status) -> {
			assertThat(this.template.cancel(this.id)).isTrue();
			// As a claimer would: what is being taken back is passed over, not waited for
			assertThat(database.queryForString("SELECT count(*) FROM (SELECT FROM queue.delivery WHERE message_id = "
					+ this.id + " FOR UPDATE SKIP LOCKED) AS claimed"))
				.isEqualTo("0");
			status.setRollbackOnly();
		});
		assertThat(deliveries()).isEqualTo("2");
		assertThat(messages()).isEqualTo("1");
	}

	@Test
	void aMessageOfTheSameTransactionCanBeTakenBack() {
		this.publisher.transaction().executeWithoutResult((status) -> {
			long stored = this.template.enqueue("orders", 1).id();
			assertThat(this.template.cancel(stored)).isTrue();
		});
		assertThat(this.publisher.query("SELECT count(*) FROM queue.message")).isEqualTo("2");
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("4");
	}

	@Test
	void aConsumersRightsAreEnough() {
		String consumer = database.createRole("consumer");
		database.execute("GRANT USAGE ON SCHEMA queue TO " + consumer + "; GRANT SELECT, DELETE ON queue.message TO "
				+ consumer + "; GRANT SELECT, INSERT, UPDATE, DELETE ON queue.subscription, queue.delivery, "
				+ "queue.dead_letter TO " + consumer);
		assertThat(new QueuePublisher(database.dataSource(consumer)).template.cancel(this.id)).isTrue();
		assertThat(messages()).isEqualTo("0");
	}

	private void lease(int subscription) {
		change(subscription, "state = 'leased', token = 1, owner = 1, leased_until = now() + interval '1 minute'");
	}

	private void change(int subscription, String change) {
		assertThat(database.jdbc()
			.update("UPDATE queue.delivery SET " + change + " WHERE message_id = ? AND subscription_id = ?", this.id,
					subscription))
			.isEqualTo(1);
	}

	private void done(int subscription) {
		assertThat(database.jdbc()
			.update("DELETE FROM queue.delivery WHERE message_id = ? AND subscription_id = ?", this.id, subscription))
			.isEqualTo(1);
	}

	private String deliveries() {
		return this.publisher.query("SELECT count(*) FROM queue.delivery WHERE message_id = ?", this.id);
	}

	private String messages() {
		return this.publisher.query("SELECT count(*) FROM queue.message WHERE id = ?", this.id);
	}

}
