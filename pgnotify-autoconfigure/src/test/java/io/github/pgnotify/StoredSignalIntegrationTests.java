package io.github.pgnotify;

import java.sql.Connection;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.queue.QueueStore;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * When consumers are told of what was stored: after the commit, never before, and never
 * by a notification of the storing transaction.
 */
class StoredSignalIntegrationTests {

	private static final Set<String> ORDERS = Set.of("orders");

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final QueuePublisher publisher = QueuePublisher.of(database);

	private final PgNotifyOperations template = this.publisher.template;

	@Test
	void withoutATransactionAtOnce() {
		this.template.enqueue("orders", 1);
		assertThat(this.publisher.signalled()).containsExactly(ORDERS);
		this.template
			.enqueueAll(List.of(OutgoingMessage.of("a", 1), OutgoingMessage.of("b", 1), OutgoingMessage.of("a", 1)));
		assertThat(this.publisher.signalled()).containsExactly(ORDERS, Set.of("a", "b"));
	}

	@Test
	void afterTheCommitAndOnceForATransaction() {
		this.publisher.transaction().executeWithoutResult((status) -> {
			this.template.enqueue("orders", 1);
			this.template.enqueue("invoices", 1);
			this.template.distinct().enqueue("orders", 1);
			assertThat(TransactionSynchronizationManager.getSynchronizations()).hasSize(1);
			TransactionSynchronizationManager.registerSynchronization(before(() -> assertThat(signals()).isEmpty()));
			assertThat(signals()).isEmpty();
		});
		assertThat(signals()).containsExactly(Set.of("orders", "invoices"));
		this.publisher.transaction().executeWithoutResult((status) -> this.template.enqueue("orders", 1));
		assertThat(signals()).containsExactly(Set.of("orders", "invoices"), ORDERS);
	}

	@Test
	void whatIsToldIsCommitted() {
		Recorder<String> seen = new Recorder<>();
		PgNotifyTemplate seeing = new PgNotifyTemplate(this.publisher.dataSource,
				new PgMessageConverter(JsonMapper.shared()),
				new QueueStore(this.publisher.dataSource, "queue", (channels) -> seen.record(database
					.queryForString("SELECT string_agg(data::text, ',') FROM queue.message WHERE channel = 'seen'"))));
		this.publisher.transaction().executeWithoutResult((status) -> seeing.enqueue("seen", 1));
		seeing.enqueue("seen", 2);
		assertThat(seen.received()).containsExactly("1", "1,2");
	}

	@Test
	void notAtAllAfterARollback() {
		this.publisher.transaction().executeWithoutResult((status) -> {
			this.template.enqueue("orders", 1);
			status.setRollbackOnly();
		});
		assertThat(signals()).isEmpty();
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
	}

	@Test
	void anInnerTransactionTellsItsOwn() {
		TransactionTemplate inner = this.publisher.transaction(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.publisher.transaction().executeWithoutResult((status) -> {
			this.template.enqueue("orders", 1);
			inner.executeWithoutResult((innerStatus) -> this.template.enqueue("inner", 1));
			assertThat(signals()).containsExactly(Set.of("inner"));
			inner.executeWithoutResult((innerStatus) -> {
				this.template.enqueue("rolled back", 1);
				innerStatus.setRollbackOnly();
			});
			this.template.enqueue("invoices", 1);
			assertThat(signals()).containsExactly(Set.of("inner"));
		});
		assertThat(signals()).containsExactly(Set.of("inner"), Set.of("orders", "invoices"));
	}

	@Test
	void aSavepointIsPartOfItsTransaction() {
		TransactionTemplate nested = this.publisher.transaction(TransactionDefinition.PROPAGATION_NESTED);
		this.publisher.transaction().executeWithoutResult((status) -> {
			nested.executeWithoutResult((inner) -> this.template.enqueue("orders", 1));
			assertThat(signals()).isEmpty();
		});
		assertThat(signals()).containsExactly(ORDERS);
	}

	@Test
	void anotherDatabasesTransactionIsNotWaitedFor() {
		new QueuePublisher(database.dataSource()).transaction().executeWithoutResult((status) -> {
			this.template.enqueue("orders", 1);
			assertThat(signals()).containsExactly(ORDERS);
		});
		assertThat(signals()).hasSize(1);
	}

	@Test
	void outsideOfASuspendedTransactionAtOnce() {
		TransactionTemplate outside = this.publisher.transaction(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
		this.publisher.transaction().executeWithoutResult((status) -> {
			outside.executeWithoutResult((none) -> this.template.enqueue("orders", 1));
			assertThat(signals()).containsExactly(ORDERS);
		});
	}

	@Test
	void withoutAutocommitNothingIsLostWhereThereIsNoTransaction() {
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setJdbcUrl(database.jdbcUrl());
			pool.setUsername(database.username());
			pool.setPassword(database.password());
			pool.setAutoCommit(false);
			QueuePublisher manual = new QueuePublisher(pool);
			manual.template.enqueue("orders", 1);
			assertThat(manual.signalled()).containsExactly(ORDERS);
			long id = manual.transaction(TransactionDefinition.PROPAGATION_SUPPORTS)
				.execute((status) -> manual.template.enqueue("orders", 2).id());
			assertThat(manual.signalled()).containsExactly(ORDERS, ORDERS);
			assertThat(database.queryForString("SELECT data FROM queue.message WHERE id = ?", id)).isEqualTo("2");
			manual.transaction().executeWithoutResult((status) -> {
				manual.template.enqueue("invoices", 1);
				assertThat(manual.signalled()).hasSize(2);
			});
			assertThat(manual.signalled()).hasSize(3);
		}
	}

	@Test
	void whatNobodyCommitsBySpringIsLeftToItsOwner() throws Exception {
		DataSource dataSource = this.publisher.dataSource;
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			TransactionSynchronizationManager.bindResource(dataSource, new ConnectionHolder(connection));
			try {
				this.template.enqueue("orders", 1);
			}
			finally {
				TransactionSynchronizationManager.unbindResource(dataSource);
			}
			assertThat(signals()).isEmpty();
			connection.rollback();
		}
	}

	@Test
	void aFailingCallbackOfSomebodyElseDoesNotSilenceIt() {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.publisher.transaction().executeWithoutResult((status) -> {
				TransactionSynchronizationManager.registerSynchronization(after(() -> {
					throw new IllegalStateException("by design");
				}));
				this.template.enqueue("orders", 1);
			}));
		assertThat(signals()).containsExactly(ORDERS);
	}

	@Test
	void whatACallbackStoresAfterTheCommitIsToldToo() {
		this.publisher.transaction()
			.executeWithoutResult((status) -> TransactionSynchronizationManager
				.registerSynchronization(after(() -> this.template.enqueue("orders", 1))));
		assertThat(signals()).containsExactly(ORDERS);
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
	}

	@Test
	void aStoreThatThrowsDoesNotHurtTheSender() {
		PgNotifyTemplate failing = new PgNotifyTemplate(this.publisher.dataSource,
				new PgMessageConverter(JsonMapper.shared()),
				new QueueStore(this.publisher.dataSource, "queue", (channels) -> {
					throw new IllegalStateException("by design");
				}));
		long first = failing.enqueue("orders", 1).id();
		long second = this.publisher.transaction().execute((status) -> failing.enqueue("orders", 2)).id();
		assertThat(database.queryForString("SELECT count(*) FROM queue.message WHERE id IN (?, ?)", first, second))
			.isEqualTo("2");
	}

	@Test
	void afterTheCommitOfAJpaTransaction() {
		PgNotifyContext.runner(database)
			.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(PgNotifyTemplateIntegrationTests.Entities.class)
			.withPropertyValues("spring.jpa.hibernate.ddl-auto=none")
			.withBean(MessageStore.class,
					() -> new QueueStore(this.publisher.dataSource, "queue", this.publisher.signals::record))
			.run((context) -> {
				PgNotifyOperations sender = context.getBean(PgNotifyOperations.class);
				PlatformTransactionManager manager = context.getBean(PlatformTransactionManager.class);
				assertThat(manager.getClass().getSimpleName()).isEqualTo("JpaTransactionManager");
				new TransactionTemplate(manager).executeWithoutResult((status) -> {
					sender.enqueue("orders", 1);
					sender.enqueueAll("orders", List.of(1, 2));
					assertThat(signals()).isEmpty();
				});
				assertThat(signals()).containsExactly(ORDERS);
			});
	}

	/**
	 * PostgreSQL refuses to prepare a transaction that has notified, whoever listens.
	 */
	@Test
	void nothingIsNotifiedInTheStoringTransaction() {
		try (ControllableServer server = new ControllableServer("max_prepared_transactions=2").start()) {
			DataSource dataSource = server.dataSource("postgres");
			new QueueSchema(dataSource, "queue").migrate();
			QueuePublisher sender = new QueuePublisher(dataSource);
			sender.addGroup("orders", "billing");
			sender.transaction().executeWithoutResult((status) -> {
				sender.template.enqueue("orders", 1);
				sender.template.enqueue(OutgoingMessage.of("orders", 1).key("k").deduplicationId("d"));
				sender.template.enqueueAll("orders", List.of(1, 2, 3));
				sender.jdbc().execute("PREPARE TRANSACTION 'stored'");
			});
			sender.jdbc().execute("COMMIT PREPARED 'stored'");
			assertThat(sender.query("SELECT count(*) FROM queue.delivery")).isEqualTo("5");
			assertThatExceptionOfType(Exception.class)
				.isThrownBy(() -> sender.transaction().executeWithoutResult((status) -> {
					sender.template.enqueue(OutgoingMessage.of("orders", 1).announce());
					new JdbcTemplate(dataSource).execute("PREPARE TRANSACTION 'announced'");
				}))
				.withStackTraceContaining("cannot PREPARE a transaction that has executed");
		}
	}

	@Test
	void anAnnouncedMessageWakesOtherInstancesToo() throws Exception {
		try (TestListener listener = new TestListener(database.dataSource(), "pgnotify.queue")) {
			this.template.enqueue("orders", 1);
			assertThat(listener.receivedPayloads()).isEmpty();
			this.template.enqueueAll(
					List.of(OutgoingMessage.of("orders", 1).announce(), OutgoingMessage.of("orders", 2).announce(),
							OutgoingMessage.of("invoices", 1).announce(), OutgoingMessage.of("silent", 1)));
			assertThat(listener.receivedPayloads()).containsExactlyInAnyOrder("orders", "invoices");
		}
	}

	private List<Set<String>> signals() {
		return this.publisher.signalled();
	}

	private static TransactionSynchronization before(Runnable action) {
		return new TransactionSynchronization() {

			@Override
			public void beforeCommit(boolean readOnly) {
				action.run();
			}

		};
	}

	private static TransactionSynchronization after(Runnable action) {
		return new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				action.run();
			}

		};
	}

}
