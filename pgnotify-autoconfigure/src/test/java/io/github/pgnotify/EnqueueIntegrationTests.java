package io.github.pgnotify;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of a message that is stored.
 */
class EnqueueIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final QueuePublisher publisher = QueuePublisher.of(database);

	private final PgNotifyOperations template = this.publisher.template;

	@BeforeEach
	void empty() {
		database.execute("TRUNCATE queue.message, queue.subscription, queue.delivery, queue.dead_letter");
	}

	@Test
	void everyOptionIsStored() {
		OffsetDateTime available = OffsetDateTime.of(2031, 2, 3, 4, 5, 6, 789_012_000, ZoneOffset.UTC);
		OutgoingMessage message = OutgoingMessage.of("orders", Map.of("id", 1))
			.key("customer 7")
			.header("tenant", "acme")
			.headers(Map.of("attempts", List.of(1, 2)))
			.priority(-3)
			.availableAt(available.toInstant().plusNanos(999))
			.expiresAt(Instant.parse("9999-12-31T23:59:59.999999999Z"))
			.deduplicationId("order 1")
			.announce();
		for (List<OutgoingMessage> form : forms(message)) {
			empty();
			StoredMessage stored = enqueue(form);
			Map<String, Object> row = row(stored);
			assertThat(row).containsEntry("channel", "orders")
				.containsEntry("key", "customer 7")
				.containsEntry("priority", -3)
				.containsEntry("deduplication_id", "order 1")
				.containsEntry("announce", true)
				.containsEntry("available", "2031-02-03 04:05:06.789012")
				.containsEntry("expires", "9999-12-31 23:59:59.999999");
			assertThat(row.get("data")).hasToString("{\"id\":1}");
			assertThat(row.get("headers")).hasToString("{\"tenant\":\"acme\",\"attempts\":[1,2]}");
			assertThat(stored.duplicate()).isFalse();
			assertThat(stored.createdAt()).isEqualTo(database.jdbc()
				.queryForObject("SELECT created_at FROM queue.message WHERE id = ?", OffsetDateTime.class,
						stored.id()));
		}
	}

	@Test
	void whatIsNotSaidIsNotStored() {
		for (List<OutgoingMessage> form : forms(OutgoingMessage.of("orders", null).priority(1))) {
			assertThat(row(enqueue(form))).containsEntry("data", null)
				.containsEntry("key", null)
				.containsEntry("headers", null)
				.containsEntry("available_at", null)
				.containsEntry("expires_at", null)
				.containsEntry("deduplication_id", null)
				.containsEntry("announce", false);
		}
	}

	/**
	 * What the database was doing before it stores is not part of the delay: its clock
	 * when it stores counts, not that of the transaction's beginning or of this JVM.
	 */
	@Test
	void delaysCountFromTheDatabasesPresent() {
		OutgoingMessage message = OutgoingMessage.of("orders", "x")
			.delay(Duration.ofHours(1).plusNanos(1_000))
			.expiresAfter(Duration.ofDays(36_500));
		for (List<OutgoingMessage> form : forms(message)) {
			this.publisher.transaction().executeWithoutResult((status) -> {
				this.publisher.query("SELECT pg_sleep(0.05)");
				this.publisher.query("SELECT set_config('test.before', clock_timestamp()::text, true)");
				StoredMessage stored = enqueue(form);
				assertThat(this.publisher.query(
						"""
								SELECT available_at BETWEEN current_setting('test.before')::timestamptz + interval '1:00:00.000001'
										AND clock_timestamp() + interval '1:00:00.000001'
									AND expires_at BETWEEN current_setting('test.before')::timestamptz + interval '36500 days'
										AND clock_timestamp() + interval '36500 days'
								FROM queue.message WHERE id = ?""",
						stored.id()))
					.isEqualTo("t");
			});
		}
	}

	@Test
	void theLastWordOnTimesCounts() {
		OutgoingMessage message = OutgoingMessage.of("orders", "x")
			.delay(Duration.ofHours(1))
			.availableAt(Instant.parse("2031-01-01T00:00:00Z"))
			.expiresAt(Instant.parse("2031-01-01T00:00:00Z"))
			.expiresAfter(Duration.ofDays(1));
		assertThat(row(this.template.enqueue(message))).containsEntry("available", "2031-01-01 00:00:00")
			.hasEntrySatisfying("expires", (expires) -> assertThat((String) expires).doesNotStartWith("2031-01-01"));
	}

	@Test
	void everyGroupGetsItsDelivery() {
		this.publisher.addGroup("orders", "billing");
		this.publisher.addGroup("orders", "audit");
		this.publisher.addGroup("invoices", "billing");
		StoredMessage stored = this.template.enqueue(OutgoingMessage.of("orders", 1).key("k").priority(5));
		this.template.enqueue(OutgoingMessage.of("orders", 1).delay(Duration.ofHours(1)));
		this.template.enqueueAll("orders", List.of(1, 2, 3));
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("10");
		assertThat(this.publisher.query("SELECT string_agg(DISTINCT concat_ws(' ', state, key, priority), ',') "
				+ "FROM queue.delivery WHERE message_id = ?", stored.id()))
			.isEqualTo("ready k 5");
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery JOIN queue.message ON id = message_id "
				+ "WHERE state = 'deferred' AND delivery.available_at = message.available_at"))
			.isEqualTo("2");
	}

	@Test
	void aThousandAreReturnedInTheOrderGiven() {
		List<OutgoingMessage> plain = IntStream.range(0, 1000)
			.mapToObj((i) -> OutgoingMessage.of((i % 3 == 0) ? "thirds" : "others", i))
			.toList();
		List<OutgoingMessage> withOptions = IntStream.range(0, 1000)
			.mapToObj((i) -> plain.get(i).key("k" + i).header("i", i).priority(i % 7).delay(Duration.ofMillis(i)))
			.toList();
		List<OutgoingMessage> deduplicated = IntStream.range(0, 1000)
			.mapToObj((i) -> (i % 2 == 0) ? plain.get(i) : plain.get(i).deduplicationId("d" + i))
			.toList();
		for (List<OutgoingMessage> messages : List.of(plain, withOptions, deduplicated)) {
			List<StoredMessage> stored = this.template.enqueueAll(messages);
			assertThat(stored).extracting(StoredMessage::id).isSorted().doesNotHaveDuplicates().hasSize(1000);
			assertThat(stored).extracting(StoredMessage::channel)
				.isEqualTo(messages.stream().map(OutgoingMessage::channel).toList());
			Long[] ids = stored.stream().map(StoredMessage::id).toArray(Long[]::new);
			assertThat(database.jdbc()
				.queryForList("SELECT data::text::int FROM unnest(?) WITH ORDINALITY AS given (id, position) "
						+ "JOIN queue.message USING (id) ORDER BY position", Integer.class, (Object) ids))
				.isEqualTo(IntStream.range(0, 1000).boxed().toList());
		}
	}

	@Test
	void optionsOfABatchStayWithTheirMessages() {
		List<OutgoingMessage> messages = new ArrayList<>();
		messages.add(OutgoingMessage.of("orders", null));
		messages.add(OutgoingMessage.of("orders", "quoted \" \\ {,} NULL").key("NULL").header("h", "{,}").announce());
		messages.add(OutgoingMessage.of("inv\"oices", "").key("\u20ac,\"").expiresAfter(Duration.ofDays(1)));
		List<StoredMessage> stored = this.template.enqueueAll(messages);
		assertThat(row(stored.get(0))).containsEntry("key", null).containsEntry("announce", false);
		assertThat(row(stored.get(1))).containsEntry("key", "NULL")
			.containsEntry("announce", true)
			.containsEntry("expires_at", null)
			.hasEntrySatisfying("headers", (headers) -> assertThat(headers).hasToString("{\"h\":\"{,}\"}"))
			.hasEntrySatisfying("data", (data) -> assertThat(data).hasToString("\"quoted \\\" \\\\ {,} NULL\""));
		assertThat(row(stored.get(2))).containsEntry("key", "\u20ac,\"")
			.containsEntry("channel", "inv\"oices")
			.hasEntrySatisfying("expires_at", (expires) -> assertThat(expires).isNotNull())
			.hasEntrySatisfying("data", (data) -> assertThat(data).hasToString("\"\""));
	}

	@Test
	void payloadsBecomeJson() {
		List<Object> payloads = Arrays.asList("te\"xt", "bytes \u20ac".getBytes(StandardCharsets.UTF_8), 17,
				new Order(1, "chair"), List.of(1, 2), Map.of("a", true), null);
		List<StoredMessage> stored = this.template.enqueueAll("orders", payloads);
		assertThat(stored)
			.map((message) -> this.publisher.query("SELECT data FROM queue.message WHERE id = ?", message.id()))
			.containsExactly("\"te\\\"xt\"", "\"bytes \u20ac\"", "17", "{\"id\":1,\"item\":\"chair\"}", "[1,2]",
					"{\"a\":true}", null);
	}

	@Test
	void noneIsStoredIfOneCannotBe() {
		assertThatExceptionOfType(InvalidPayloadException.class)
			.isThrownBy(() -> this.template.enqueueAll("orders", List.of("one", "tw\0")));
		assertThatExceptionOfType(MessageConversionException.class)
			.isThrownBy(() -> this.template.enqueueAll(List.of(OutgoingMessage.of("orders", 1),
					OutgoingMessage.of("orders", 1).header("h", new PgNotifyTemplateIntegrationTests.Unreadable()))));
		database.execute("ALTER TABLE queue.message ADD CONSTRAINT small CHECK (data::text <> '3')");
		try {
			assertThatExceptionOfType(DataIntegrityViolationException.class)
				.isThrownBy(() -> this.template.enqueueAll("orders", List.of(1, 2, 3)));
			assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> this.template.enqueueAll(
					List.of(OutgoingMessage.of("orders", 1).deduplicationId("d"), OutgoingMessage.of("orders", 3))));
		}
		finally {
			database.execute("ALTER TABLE queue.message DROP CONSTRAINT small");
		}
		assertThat(count()).isEqualTo("0");
		assertThat(this.template.enqueueAll(List.of())).isEmpty();
	}

	@Test
	void storingBelongsToTheCallersTransaction() {
		TransactionTemplate nested = this.publisher.transaction(TransactionDefinition.PROPAGATION_NESTED);
		this.publisher.transaction().executeWithoutResult((status) -> {
			this.template.enqueueAll("orders", List.of(1, 2));
			status.setRollbackOnly();
		});
		assertThat(count()).isEqualTo("0");
		this.publisher.transaction().executeWithoutResult((status) -> {
			this.template.enqueue("orders", "kept");
			nested.executeWithoutResult((inner) -> {
				this.template.enqueueAll("orders", List.of(1, 2));
				inner.setRollbackOnly();
			});
			assertThat(database.queryForString("SELECT count(*) FROM queue.message")).isEqualTo("0");
		});
		assertThat(this.publisher.query("SELECT data FROM queue.message")).isEqualTo("\"kept\"");
	}

	@Test
	void aTransactionOlderThanAGroupFailsInsteadOfLosingItsMessage() {
		TransactionTemplate repeatable = this.publisher.transaction();
		repeatable.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
		assertThatExceptionOfType(CannotAcquireLockException.class)
			.isThrownBy(() -> repeatable.executeWithoutResult((status) -> {
				count();
				new QueuePublisher(database.dataSource()).addGroup("orders", "billing");
				this.template.enqueue("orders", 1);
			}))
			.satisfies((ex) -> assertThat(((SQLException) ex.getRootCause()).getSQLState()).isEqualTo("40001"));
		repeatable.executeWithoutResult((status) -> this.template.enqueue("orders", 2));
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("1");
	}

	@Test
	void aProducerNeedsToSeeFourColumnsOnly() {
		String producer = database.createRole("producer");
		database.execute("GRANT USAGE ON SCHEMA queue TO " + producer + "; GRANT INSERT ON queue.message TO " + producer
				+ "; GRANT SELECT (id, channel, created_at, deduplication_id) ON queue.message TO " + producer);
		PgNotifyTemplate template = new QueuePublisher(database.dataSource(producer)).template;
		this.publisher.addGroup("orders", "billing");
		template.enqueue("orders", 1);
		template.enqueue(OutgoingMessage.of("orders", 1).key("k").announce());
		OutgoingMessage deduplicated = OutgoingMessage.of("orders", 1).deduplicationId("d");
		long first = template.enqueue(deduplicated).id();
		assertThat(template.enqueue(deduplicated)).satisfies((stored) -> {
			assertThat(stored.duplicate()).isTrue();
			assertThat(stored.id()).isEqualTo(first);
		});
		template.enqueueAll(List.of(deduplicated, OutgoingMessage.of("orders", 1)));
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("4");
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> template.cancel(first))
			.withStackTraceContaining("permission denied");
	}

	@Test
	void aProducerOfPlainSqlNeedsInsertOnly() {
		String producer = database.createRole("inserter");
		database
			.execute("GRANT USAGE ON SCHEMA queue TO " + producer + "; GRANT INSERT ON queue.message TO " + producer);
		this.publisher.addGroup("orders", "billing");
		new JdbcTemplate(database.dataSource(producer))
			.execute("INSERT INTO queue.message (channel, data, deduplication_id) VALUES ('orders', '1', 'd')");
		assertThat(this.publisher.query("SELECT count(*) FROM queue.delivery")).isEqualTo("1");
	}

	/**
	 * The same message alone and in a batch: different statements store them.
	 */
	private static List<List<OutgoingMessage>> forms(OutgoingMessage message) {
		return List.of(List.of(message), List.of(message, OutgoingMessage.of("others", null)));
	}

	private StoredMessage enqueue(List<OutgoingMessage> form) {
		return (form.size() == 1) ? this.template.enqueue(form.get(0)) : this.template.enqueueAll(form).get(0);
	}

	private Map<String, Object> row(StoredMessage stored) {
		return this.publisher.jdbc()
			.queryForMap(
					"SELECT *, (available_at AT TIME ZONE 'UTC')::text AS available, "
							+ "(expires_at AT TIME ZONE 'UTC')::text AS expires FROM queue.message WHERE id = ?",
					stored.id());
	}

	private String count() {
		return this.publisher.query("SELECT count(*) FROM queue.message");
	}

	record Order(int id, String item) {

	}

}
