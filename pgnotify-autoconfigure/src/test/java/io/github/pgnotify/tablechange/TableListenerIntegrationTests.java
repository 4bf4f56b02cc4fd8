package io.github.pgnotify.tablechange;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Table changes in an application, from the declaration to the listener.
 */
class TableListenerIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withPropertyValues("spring.application.name=shop", "pgnotify.queue.poll-interval=200ms");

	@BeforeEach
	void createTable() {
		this.database.execute("""
				CREATE TABLE orders (
					id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
					status text NOT NULL,
					total numeric(12, 2),
					created_at timestamptz NOT NULL DEFAULT now(),
					secret text
				)""");
	}

	@Test
	void aLiveListenerGetsTypedChangesInOrder() {
		this.runner.withUserConfiguration(Live.class).run((context) -> {
			change();
			List<TableChange<Order>> changes = context.getBean(Live.class).changes.await(3);
			TableChange<Order> insert = changes.get(0);
			assertThat(insert.operation()).isEqualTo(Operation.INSERT);
			assertThat(insert.schema()).isEqualTo("public");
			assertThat(insert.table()).isEqualTo("orders");
			assertThat(insert.trigger()).isEqualTo("orders_changed");
			assertThat(insert.key()).isNotNull();
			assertThat(insert.key().longValue()).isEqualTo(1);
			assertThat(insert.before()).isNull();
			assertThat(insert.after().status()).isEqualTo("new");
			assertThat(insert.after().total()).isEqualTo(new BigDecimal("12.50"));
			assertThat(insert.after().createdAt()).isBeforeOrEqualTo(OffsetDateTime.now().plusMinutes(1));
			assertThat(insert.changed()).isEmpty();
			assertThat(insert.count()).isNull();
			assertThat(insert.transactionId()).isPositive();
			assertThat(insert.time()).isNotNull();
			assertThat(insert.order()).isEqualTo(1);
			assertThat(insert.truncated()).isFalse();
			TableChange<Order> update = changes.get(1);
			assertThat(update.operation()).isEqualTo(Operation.UPDATE);
			assertThat(update.before().status()).isEqualTo("new");
			assertThat(update.after().status()).isEqualTo("paid");
			assertThat(update.changed()).containsExactly("status");
			TableChange<Order> delete = changes.get(2);
			assertThat(delete.operation()).isEqualTo(Operation.DELETE);
			assertThat(delete.before().status()).isEqualTo("paid");
			assertThat(delete.after()).isNull();
		});
	}

	@Test
	void aGroupGetsStoredChangesThoughItWasNotThere() {
		this.runner.withUserConfiguration(Durable.class).run((context) -> {
			change();
			assertThat(context.getBean(Durable.class).changes.await(3)).containsExactly("INSERT {id=1} null 1",
					"UPDATE {id=1} null 2", "DELETE {id=1} null 3");
		});
		change();
		this.runner.withUserConfiguration(Durable.class)
			.run((context) -> assertThat(context.getBean(Durable.class).changes.await(3))
				.containsExactly("INSERT {id=2} null 4", "UPDATE {id=2} null 5", "DELETE {id=2} null 6"));
	}

	@Test
	void aDeclaredTriggerIsHeardByOrdinaryListeners() {
		this.runner.withUserConfiguration(Ordinary.class)
			.withPropertyValues("pgnotify.triggers.orders.table=orders",
					"pgnotify.triggers.orders.channel=order changes",
					"pgnotify.triggers.orders.operations=insert,update", "pgnotify.triggers.orders.columns=status")
			.run((context) -> {
				change();
				List<TableChange<Map<String, Object>>> changes = context.getBean(Ordinary.class).changes.await(2);
				assertThat(changes.get(0).after()).isEqualTo(Map.of("status", "new"));
				assertThat(changes.get(1).after()).isEqualTo(Map.of("status", "paid"));
				assertThat(context.getBean(Ordinary.class).texts.await(2).get(0)).startsWith(
						"{\"trigger\":\"orders\",\"schema\":\"public\",\"table\":\"orders\",\"operation\":\"INSERT\"");
			});
	}

	@Test
	void whatFailsIsTriedAgainThenADeadLetterAndLaterChangesOfTheRowWait() {
		this.runner.withUserConfiguration(Failing.class)
			.withPropertyValues("pgnotify.queue.retry.max-retries=1", "pgnotify.queue.retry.delay=10ms",
					"pgnotify.queue.retry.jitter=0ms")
			.run((context) -> {
				change();
				assertThat(context.getBean(Failing.class).tried.await(4)).containsExactly("INSERT", "UPDATE", "UPDATE",
						"DELETE");
				await().untilAsserted(() -> assertThat(
						this.database.queryForString("SELECT string_agg(reason, ',') FROM queue.dead_letter"))
					.isEqualTo("failed"));
			});
	}

	@Test
	void aBatchOfChangesIsTakenAtOnce() {
		this.runner.withUserConfiguration(Batch.class).run((context) -> {
			this.database.execute("INSERT INTO orders (status) SELECT 's' FROM generate_series(1, 50)");
			Batch batch = context.getBean(Batch.class);
			await().untilAsserted(
					() -> assertThat(batch.sizes.received().stream().mapToInt(Integer::intValue).sum()).isEqualTo(50));
			assertThat(batch.sizes.received()).hasSizeLessThan(50);
		});
	}

	@Test
	void whatCannotBeFailsTheStartWithASentence() {
		this.runner.withUserConfiguration(Live.class)
			.withPropertyValues("pgnotify.triggers.orders_changed.table=orders")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(PgNotifyStartupException.class)
				.hasMessage("There are two declared triggers 'orders_changed'."));
		this.runner.withUserConfiguration(Durable.class)
			.withPropertyValues("pgnotify.queue.enabled=false")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(PgNotifyStartupException.class)
				.hasMessageContaining("'orders_billing' is durable, and there is no queue to store changes in"));
	}

	@Test
	void triggersOfBeansThatAreCreatedLaterAreKept() {
		for (int start = 0; start < 2; start++) {
			this.runner.withUserConfiguration(Late.class).run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(PgTableTriggers.class).list()).extracting(InstalledTrigger::name)
					.containsExactly("orders_early", "orders_heard", "orders_seen");
				LazyListener lazy = context.getBean(LazyListener.class);
				context.getBean(Prototype.class);
				context.getBean(Prototype.class);
				assertThat(context.getBean(PgTableTriggers.class).list()).hasSize(3);
				this.database.execute("INSERT INTO orders (status) VALUES ('new')");
				lazy.changes.await(1);
			});
		}
	}

	@Test
	void whatIsOnlyFoundLateDropsNothing() {
		this.runner.withUserConfiguration(Live.class).run((context) -> {
			TriggerDatabase triggers = new TriggerDatabase(this.database);
			triggers
				.declare(this.database.dataSource(),
						triggers.settings(TriggerSettings.Mode.APPLY, "shop", Path.of("unused.sql")),
						List.of(TableTrigger.of("other", "orders").build()))
				.start(false);
			assertThat(context.getBean(PgTableTriggers.class).list()).extracting(InstalledTrigger::name)
				.containsExactly("orders_changed", "other");
		});
	}

	private void change() {
		this.database.execute("INSERT INTO orders (status, total, secret) VALUES ('new', 12.50, 'x')");
		this.database.execute("UPDATE orders SET status = 'paid'");
		this.database.execute("DELETE FROM orders");
	}

	record Order(String status, BigDecimal total, OffsetDateTime createdAt, @Nullable String secret) {

	}

	static class Live {

		final Recorder<TableChange<Order>> changes = new Recorder<>();

		@PgTableListener(table = "orders", columns = { "status", "total", "created_at" })
		void changed(TableChange<Order> change) {
			this.changes.record(change);
		}

	}

	static class Durable {

		final Recorder<String> changes = new Recorder<>();

		@PgTableListener(table = "orders", group = "billing")
		void changed(TableChange<Order> change, Delivery delivery) {
			this.changes.record(change.operation() + " " + change.key().values() + " " + change.after() + " "
					+ delivery.messageId());
		}

	}

	static class Failing {

		final Recorder<String> tried = new Recorder<>();

		@PgTableListener(table = "orders", group = "billing")
		void changed(TableChange<Void> change) {
			this.tried.record(change.operation().name());
			if (change.operation() == Operation.UPDATE) {
				throw new IllegalStateException("no updates today");
			}
		}

	}

	static class Batch {

		final Recorder<Integer> sizes = new Recorder<>();

		@PgTableListener(table = "orders", on = Operation.INSERT, columns = TableTrigger.ALL, group = "batch",
				batchSize = "20")
		void changed(List<TableChange<Order>> changes) {
			changes.forEach((change) -> assertThat(change.after().status()).isEqualTo("s"));
			this.sizes.record(changes.size());
		}

	}

	static class Ordinary {

		final Recorder<TableChange<Map<String, Object>>> changes = new Recorder<>();

		final Recorder<String> texts = new Recorder<>();

		@PgListener("order changes")
		void changed(TableChange<Map<String, Object>> change) {
			this.changes.record(change);
		}

		@PgListener("order changes")
		void heard(String text) {
			this.texts.record(text);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Late {

		@Bean
		Early early() {
			return new Early();
		}

		@Bean
		@Lazy
		LazyListener lazyListener() {
			return new LazyListener();
		}

		@Bean
		@Scope("prototype")
		Prototype prototype() {
			return new Prototype();
		}

	}

	static class Early {

		@PgTableListener(table = "orders")
		void early(TableChange<Void> change) {
		}

	}

	static class LazyListener {

		final Recorder<TableChange<Void>> changes = new Recorder<>();

		@PgTableListener(table = "orders", columns = "status")
		void heard(TableChange<Void> change) {
			this.changes.record(change);
		}

	}

	static class Prototype {

		@PgTableListener(table = "orders", on = Operation.DELETE)
		void seen(TableChange<Void> change) {
		}

	}

}
