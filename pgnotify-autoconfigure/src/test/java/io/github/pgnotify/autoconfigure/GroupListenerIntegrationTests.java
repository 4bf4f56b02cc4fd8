package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Group listeners in an application, from the annotation to the table and back.
 */
@ExtendWith(OutputCaptureExtension.class)
class GroupListenerIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	/** So rarely looked for that only wake-ups can be the reason for what arrives. */
	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withPropertyValues("pgnotify.queue.poll-interval=10m");

	@Test
	void whatIsEnqueuedIsHandledWithItsHeadersAndLiveListenersHearNothing() {
		this.runner.withUserConfiguration(Billing.class).run((context) -> {
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			template.enqueue(OutgoingMessage.of("orders", Map.of("id", 1)).key("k").header("trace", "abc"));
			Billing billing = context.getBean(Billing.class);
			assertThat(billing.handled.await(1)).containsExactly("Order[id=1] k abc attempt 1");
			template.convertAndSend("orders", Map.of("id", 2));
			assertThat(billing.heard.await(1)).containsExactly("Order[id=2]");
			assertThat(billing.handled.received()).hasSize(1);
		});
	}

	@Test
	void whatIsRolledBackIsNeverHandled() {
		this.runner.withUserConfiguration(Billing.class).run((context) -> {
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			transactions.executeWithoutResult((status) -> {
				template.enqueue("orders", Map.of("id", 1));
				status.setRollbackOnly();
			});
			transactions.executeWithoutResult((status) -> template.enqueue("orders", Map.of("id", 2)));
			assertThat(context.getBean(Billing.class).handled.await(1))
				.containsExactly("Order[id=2] null null attempt 1");
		});
	}

	@Test
	void aPlainInsertOfAnotherProgramIsHandledAtOnce() {
		this.runner.withUserConfiguration(Billing.class).run((context) -> {
			awaitActive();
			this.database.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '{\"id\":3}')");
			Billing billing = context.getBean(Billing.class);
			assertThat(billing.handled.await(1)).containsExactly("Order[id=3] null null attempt 1");
			assertThat(billing.heard.await(1)).containsExactly("Order[id=3]");
		});
	}

	@Test
	void anotherInstanceIsWokenUp() {
		this.runner.withUserConfiguration(Billing.class).run((context) -> {
			awaitActive();
			this.runner.run((producer) -> {
				producer.getBean(PgNotifyTemplate.class)
					.enqueueAll("orders", List.of(Map.of("id", 4), Map.of("id", 5)));
				assertThat(context.getBean(Billing.class).handled.await(2))
					.containsExactly("Order[id=4] null null attempt 1", "Order[id=5] null null attempt 1");
			});
		});
	}

	@Test
	void aTransactionalListenersEffectsAndAcknowledgementAreOne() {
		this.database.execute("CREATE TABLE bill (id int, attempt int)");
		this.runner.withUserConfiguration(Transactional.class)
			.withPropertyValues("pgnotify.queue.retry.delay=10ms", "pgnotify.queue.retry.jitter=0ms")
			.run((context) -> {
				context.getBean(PgNotifyTemplate.class).enqueue("orders", Map.of("id", 7));
				await().untilAsserted(() -> assertThat(
						this.database.queryForString("SELECT string_agg(id || '#' || attempt, ',') FROM bill"))
					.isEqualTo("7#2"));
				await()
					.untilAsserted(() -> assertThat(this.database.queryForString("SELECT count(*) FROM queue.delivery"))
						.isEqualTo("0"));
			});
	}

	@Test
	void aBatchListenerGetsManyAtOnce() {
		this.runner.withUserConfiguration(Batch.class).run((context) -> {
			this.database.execute("INSERT INTO queue.message (channel, data) "
					+ "SELECT 'orders', json_build_object('id', n) FROM generate_series(1, 100) AS n");
			Batch batch = context.getBean(Batch.class);
			await().untilAsserted(
					() -> assertThat(batch.sizes.received().stream().mapToInt(Integer::intValue).sum()).isEqualTo(100));
			assertThat(batch.sizes.received()).hasSizeLessThan(20);
		});
	}

	@Test
	void aTransactionalListenerWithoutATransactionManagerFailsTheStart() {
		new ApplicationContextRunner()
			.withConfiguration(org.springframework.boot.autoconfigure.AutoConfigurations.of(
					org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration.class,
					PgNotifyAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.jdbcUrl(),
					"spring.datasource.username=" + this.database.username(),
					"spring.datasource.password=" + this.database.password())
			.withUserConfiguration(Transactional.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(PgNotifyStartupException.class)
				.hasMessageContaining("0 transaction managers"));
	}

	@Test
	void aChannelThatNobodyHearsIsSaidOnce(CapturedOutput output) {
		this.runner.run((context) -> {
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			template.enqueue("nowhere", 1);
			await().untilAsserted(() -> assertThat(output).contains("'nowhere' are stored, but nobody hears"));
			template.enqueue("nowhere", 2);
			template.enqueue(OutgoingMessage.of("live", 1).announce());
			template.enqueue("elsewhere", 1);
			await().untilAsserted(() -> assertThat(output).contains("'elsewhere' are stored, but nobody hears"));
			assertThat(output.getOut().split("'nowhere' are stored", -1)).hasSize(2);
			assertThat(output).doesNotContain("'live' are stored");
		});
	}

	@Test
	void aRestartedContextGoesOn() {
		this.runner.withUserConfiguration(Billing.class).run((context) -> {
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			template.enqueue("orders", Map.of("id", 1));
			Billing billing = context.getBean(Billing.class);
			billing.handled.await(1);
			context.stop();
			template.enqueue("orders", Map.of("id", 2));
			context.start();
			assertThat(billing.handled.await(2)).last().isEqualTo("Order[id=2] null null attempt 1");
		});
	}

	private void awaitActive() {
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(this.database.queryForString("SELECT state FROM queue.subscription"))
				.isEqualTo("active"));
	}

	record Order(int id) {

	}

	static class Billing {

		final Recorder<String> handled = new Recorder<>();

		final Recorder<String> heard = new Recorder<>();

		@PgListener(channels = "orders", group = "billing")
		void bill(Order order, Delivery delivery, @Header(name = "trace", required = false) String trace) {
			this.handled.record(order + " " + delivery.key() + " " + trace + " attempt " + delivery.attempt());
		}

		@PgListener("orders")
		void hear(Order order) {
			this.heard.record(order.toString());
		}

	}

	static class Transactional {

		private final JdbcTemplate jdbc;

		Transactional(javax.sql.DataSource dataSource) {
			this.jdbc = new JdbcTemplate(dataSource);
		}

		@PgListener(channels = "orders", group = "billing", ack = AckMode.TRANSACTIONAL)
		void bill(Order order, Delivery delivery) {
			this.jdbc.update("INSERT INTO bill VALUES (?, ?)", order.id(), delivery.attempt());
			if (delivery.attempt() == 1) {
				throw new IllegalStateException("once");
			}
		}

	}

	static class Batch {

		final Recorder<Integer> sizes = new Recorder<>();

		@PgListener(channels = "orders", group = "billing")
		void bill(List<Order> orders) {
			this.sizes.record(orders.size());
		}

	}

}
