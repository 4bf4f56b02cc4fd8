package io.github.pgnotify;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.DataAccessException;
import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is sent and stored through the template, and what arrives of it.
 */
class PgNotifyTemplateIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database)
		.withUserConfiguration(Listeners.class);

	@Test
	void whatIsSentArrivesAsWhatItWas() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			template.convertAndSend("orders", new Order(1, "chair"));
			template.convertAndSend("orders", Map.of("id", 2, "item", "table"));
			template.convertAndSend("orders", "{\"id\":3,\"item\":\"lamp\"}");
			template.convertAndSend("orders", "{\"id\":4,\"item\":\"désk\"}".getBytes(StandardCharsets.UTF_8));
			assertThat(orders(context).await(4)).containsExactly(new Order(1, "chair"), new Order(2, "table"),
					new Order(3, "lamp"), new Order(4, "désk"));
		});
	}

	@Test
	void plainTextIsNotDecorated() {
		run((context) -> {
			context.getBean(PgNotifyOperations.class).convertAndSend("texts", "plain \"hello\"");
			assertThat(texts(context).await(1)).containsExactly("plain \"hello\"");
		});
	}

	@Test
	void headersTravelWithTheMessage() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			template.convertAndSend("messages", new Order(1, "chair"), Map.of("tenant", "acme", "attempt", 3));
			template.convertAndSend("texts", "with header", Map.of("tenant", "acme"));
			Message<?> message = context.getBean(Listeners.class).messages.await(1).get(0);
			assertThat(message.getPayload()).isEqualTo(new Order(1, "chair"));
			assertThat(message.getHeaders()).containsEntry("tenant", "acme").containsEntry("attempt", 3);
			assertThat(texts(context).await(1)).containsExactly("with header");
		});
	}

	@Test
	void manyArriveInTheirOrder() {
		run((context) -> {
			List<String> payloads = IntStream.range(0, 5000).mapToObj(String::valueOf).toList();
			context.getBean(PgNotifyOperations.class).convertAndSendAll("texts", payloads);
			assertThat(texts(context).await(5000)).isEqualTo(payloads);
		});
	}

	@Test
	void sendingBelongsToTheCallersTransaction() {
		run((context) -> assertBelongsToTransaction(context, context.getBean(PlatformTransactionManager.class)));
	}

	@Test
	void sendingBelongsToTheCallersJpaTransaction() {
		database.execute("CREATE TABLE thing (id int PRIMARY KEY)");
		this.runner.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(Entities.class)
			.withPropertyValues("spring.jpa.hibernate.ddl-auto=none")
			.run((context) -> {
				assertThat(context.getBean(PlatformTransactionManager.class).getClass().getSimpleName())
					.isEqualTo("JpaTransactionManager");
				assertBelongsToTransaction(context, context.getBean(PlatformTransactionManager.class));
				transaction(context).executeWithoutResult((status) -> {
					Thing thing = new Thing();
					thing.id = 7;
					context.getBean(EntityManager.class).persist(thing);
					context.getBean(PgNotifyOperations.class).convertAndSend("texts", "persisted");
				});
				assertThat(texts(context).await(3)).endsWith("persisted");
				assertThat(database.queryForString("SELECT count(*) FROM thing")).isEqualTo("1");
			});
	}

	private void assertBelongsToTransaction(AssertableApplicationContext context, PlatformTransactionManager manager) {
		PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
		TransactionTemplate transaction = new TransactionTemplate(manager);
		String before = database.queryForString("SELECT count(*) FROM queue.message");
		transaction.executeWithoutResult((status) -> {
			template.convertAndSend("texts", "rolled back");
			template.enqueue(OutgoingMessage.of("texts", "rolled back too").announce());
			status.setRollbackOnly();
		});
		assertThat(database.queryForString("SELECT count(*) FROM queue.message")).isEqualTo(before);
		transaction.executeWithoutResult((status) -> {
			template.convertAndSend("texts", "committed");
			template.enqueue(OutgoingMessage.of("texts", "stored").announce());
			// another session's message overtakes what is not committed yet
			database.execute("SELECT pg_notify('others', 'meanwhile')");
			assertThat(context.getBean(Listeners.class).others.await(1)).containsExactly("meanwhile");
			assertThat(texts(context).received()).isEmpty();
		});
		assertThat(texts(context).await(2)).containsExactly("committed", "stored");
	}

	@Test
	void connectionsWithoutAutocommitSendAllTheSame() {
		this.runner.withPropertyValues("spring.datasource.hikari.auto-commit=false").run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			template.convertAndSend("texts", "sent");
			template.enqueue(OutgoingMessage.of("texts", "stored").announce());
			assertThat(texts(context).await(2)).containsExactly("sent", "stored");
		});
	}

	@Test
	void storedMessageIsReturnedAndAnnouncedIfAsked() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			StoredMessage silent = template.enqueue("orders", new Order(1, "silent"));
			StoredMessage announced = template
				.enqueue(OutgoingMessage.of("orders", new Order(2, "announced")).announce());
			assertThat(announced.id()).isGreaterThan(silent.id());
			assertThat(announced.channel()).isEqualTo(ChannelName.of("orders"));
			assertThat(announced.createdAt()).isAfterOrEqualTo(silent.createdAt());
			assertThat(orders(context).await(1)).containsExactly(new Order(2, "announced"));
			assertThat(database.queryForString("SELECT data->>'item' FROM queue.message WHERE id = ?", silent.id()))
				.isEqualTo("silent");
		});
	}

	@Test
	void announcingCanBeTheDefault() {
		this.runner.withPropertyValues("pgnotify.queue.announce=true").run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			template.enqueue(OutgoingMessage.of("texts", "not this one").silent());
			template.enqueue("texts", "Hello, PostgreSQL!");
			assertThat(texts(context).await(1)).containsExactly("Hello, PostgreSQL!");
		});
	}

	@Test
	void plainInsertReachesALiveListenerWhateverItsLength() {
		run((context) -> {
			database
				.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '{\"id\":1,\"item\":\"x\"}')");
			database.execute("INSERT INTO queue.message (channel, data) "
					+ "SELECT 'orders', json_build_object('id', 2, 'item', repeat('y', 100000))");
			assertThat(orders(context).await(2)).map(Order::item).containsExactly("x", "y".repeat(100_000));
		});
	}

	@Test
	void threeEqualStoredTextsArriveThreeTimes() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			transaction(context).executeWithoutResult((status) -> IntStream.range(0, 3)
				.forEach((i) -> template.enqueue(OutgoingMessage.of("texts", "finish").announce())));
			assertThat(texts(context).await(3)).containsExactly("finish", "finish", "finish");
		});
	}

	@Test
	void badInputIsRefusedBeforeAnythingIsSent() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			assertThatExceptionOfType(InvalidChannelNameException.class)
				.isThrownBy(() -> template.convertAndSend("", "x"))
				.withMessage("Channel name is empty");
			assertThatExceptionOfType(InvalidChannelNameException.class)
				.isThrownBy(() -> template.convertAndSend("é".repeat(32), "x"))
				.withMessageContaining("64 bytes");
			assertThatExceptionOfType(InvalidChannelNameException.class)
				.isThrownBy(() -> template.enqueue("pgnotify.wake", "x"))
				.withMessageContaining("reserved");
			assertThatExceptionOfType(InvalidPayloadException.class)
				.isThrownBy(() -> template.convertAndSend("texts", "a\0b"))
				.withMessageContaining("NUL character at position 1");
			assertThatExceptionOfType(InvalidPayloadException.class)
				.isThrownBy(() -> template.convertAndSend("texts", "ab\uD800"))
				.withMessageContaining("unpaired surrogate (U+D800) at position 2");
			assertThatExceptionOfType(InvalidPayloadException.class)
				.isThrownBy(() -> template.enqueue("texts", new Order(1, "a\0b")))
				.withMessageContaining("NUL character");
			assertThatExceptionOfType(InvalidPayloadException.class)
				.isThrownBy(() -> template.convertAndSend("texts", new byte[] { (byte) 0xff }))
				.withMessageContaining("not UTF-8");
			assertThatExceptionOfType(MessageConversionException.class)
				.isThrownBy(() -> template.convertAndSend("texts", new Unreadable()));
			assertThatExceptionOfType(InvalidPayloadException.class)
				.isThrownBy(() -> template.convertAndSendAll("texts", List.of("one", "tw\0")));
			template.convertAndSend("texts", "the only one");
			assertThat(texts(context).await(1)).containsExactly("the only one");
		});
	}

	@Test
	void payloadsOfAnyLengthArrive() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			String fits = "é".repeat(3999) + "x";
			String doesNot = "é".repeat(4000);
			String large = "漢字".repeat(200_000);
			template.convertAndSend("texts", fits);
			template.convertAndSend("texts", doesNot);
			template.convertAndSendAll("texts", List.of("short", large, "short again"));
			assertThat(texts(context).await(5)).containsExactly(fits, doesNot, "short", large, "short again");
			assertThat(database.queryForString("SELECT count(*) FROM queue.live_payload WHERE channel = 'texts'"))
				.isEqualTo("2");
		});
	}

	@Test
	void largePayloadsKeepTypeAndHeaders() {
		run((context) -> {
			String item = "chair".repeat(10_000);
			context.getBean(PgNotifyOperations.class)
				.convertAndSend("messages", new Order(1, item), Map.of("tenant", "acme"));
			Message<?> message = context.getBean(Listeners.class).messages.await(1).get(0);
			assertThat(message.getPayload()).isEqualTo(new Order(1, item));
			assertThat(message.getHeaders()).containsEntry("tenant", "acme");
		});
	}

	@Test
	void largePayloadThatCannotBeSentByReferenceIsRefusedInWords() {
		String large = "x".repeat(8000);
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			TransactionTemplate readOnly = transaction(context);
			readOnly.setReadOnly(true);
			readOnly.executeWithoutResult((status) -> assertThatExceptionOfType(PayloadTooLargeException.class)
				.isThrownBy(() -> template.convertAndSend("texts", large))
				.satisfies((ex) -> assertThat(ex.getSize()).isEqualTo(8000))
				.withMessageContaining("'texts' has 8000 bytes, a notification holds 7999")
				.withMessageContaining("the transaction is read-only"));
			readOnly.executeWithoutResult((status) -> template.convertAndSend("texts", "short"));
			assertThat(texts(context).await(1)).containsExactly("short");
		});
		this.runner.withPropertyValues("pgnotify.queue.enabled=false")
			.run((context) -> assertThatExceptionOfType(PayloadTooLargeException.class)
				.isThrownBy(() -> context.getBean(PgNotifyOperations.class).convertAndSend("texts", large))
				.withMessageContaining("pgnotify.queue.enabled=false"));
	}

	@Test
	void referenceIsFollowedOnItsOwnChannelOnly() {
		run((context) -> {
			database.execute("INSERT INTO queue.live_payload (id, channel, payload) VALUES "
					+ "('00000000-0000-0000-0000-000000000001', 'secrets', 'not for you')");
			database.execute("SELECT pg_notify('texts', "
					+ "'{\"pgnotify\":1,\"payload_ref\":\"00000000-0000-0000-0000-000000000001\"}')");
			database.execute("SELECT pg_notify('texts', 'next')");
			assertThat(texts(context).await(1)).containsExactly("next");
			assertThat(context.getBean(Listeners.class).gaps.await(1)).singleElement().satisfies((gap) -> {
				assertThat(gap.cause()).isEqualTo(PgGap.Cause.PAYLOAD_GONE);
				assertThat(gap.dropped()).isEqualTo(1);
			});
		});
	}

	@Test
	void equalPayloadsFoldUnlessDistinct() {
		run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			List<String> equal = List.of("same", "same", "same");
			template.convertAndSendAll("texts", equal);
			assertThat(texts(context).await(1)).containsExactly("same");
			template.distinct().convertAndSendAll("texts", equal);
			assertThat(texts(context).await(4)).containsOnly("same");
			transaction(context).executeWithoutResult((status) -> IntStream.range(0, 3)
				.forEach((i) -> template.distinct().convertAndSend("orders", new Order(1, "chair"))));
			assertThat(orders(context).await(3)).containsOnly(new Order(1, "chair"));
		});
	}

	@Test
	void whatTheDatabaseRefusesIsADataAccessException() {
		this.runner.withPropertyValues("pgnotify.schema=elsewhere").run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			database.execute("DROP TABLE elsewhere.message CASCADE");
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> template.enqueue("texts", "x"));
		});
	}

	@Test
	void enqueueIsRefusedWithoutTheQueue() {
		this.runner.withPropertyValues("pgnotify.queue.enabled=false").run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> template.enqueue("texts", "x"))
				.withMessageContaining("pgnotify.queue.enabled=false");
			template.convertAndSend("texts", "live needs no schema");
			assertThat(texts(context).await(1)).containsExactly("live needs no schema");
		});
	}

	private void run(Consumer<AssertableApplicationContext> test) {
		this.runner.run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	private static Recorder<Order> orders(AssertableApplicationContext context) {
		return context.getBean(Listeners.class).orders;
	}

	private static Recorder<String> texts(AssertableApplicationContext context) {
		return context.getBean(Listeners.class).texts;
	}

	private static TransactionTemplate transaction(AssertableApplicationContext context) {
		return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
	}

	record Order(int id, String item) {

	}

	static class Unreadable {

		public String getValue() {
			throw new IllegalStateException("by design");
		}

	}

	static class Listeners {

		final Recorder<Order> orders = new Recorder<>();

		final Recorder<String> texts = new Recorder<>();

		final Recorder<String> others = new Recorder<>();

		final Recorder<Message<Order>> messages = new Recorder<>();

		@PgListener("orders")
		void order(Order order) {
			this.orders.record(order);
		}

		final Recorder<PgGap> gaps = new Recorder<>();

		void gap(PgGap gap) {
			this.gaps.record(gap);
		}

		@PgListener(channels = "texts", onGap = "gap")
		void text(String text) {
			this.texts.record(text);
		}

		@PgListener("others")
		void other(String text) {
			this.others.record(text);
		}

		@PgListener("messages")
		void message(Message<Order> message) {
			this.messages.record(message);
		}

	}

	@Entity(name = "thing")
	static class Thing {

		@Id
		int id;

	}

	@AutoConfigurationPackage
	static class Entities {

	}

}
