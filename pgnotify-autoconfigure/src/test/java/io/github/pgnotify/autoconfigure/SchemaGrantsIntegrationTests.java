package io.github.pgnotify.autoconfigure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.queue.PgQueueAdmin;
import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * That the application's role may use the schema that another role created.
 */
class SchemaGrantsIntegrationTests {

	private static final String RIGHTS = "SELECT coalesce(string_agg(table_name || ':' || privilege_type, ' ' "
			+ "ORDER BY table_name, privilege_type), '') FROM information_schema.role_table_grants WHERE grantee = ?";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final String owner = this.database.createRole("owner");

	private final String app = this.database.createRole("The App");

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withUserConfiguration(Billing.class)
		.withPropertyValues("spring.datasource.username=" + this.app, "spring.datasource.password=" + this.app,
				"pgnotify.flyway.user=" + this.owner, "pgnotify.flyway.password=" + this.owner,
				"pgnotify.queue.retry.max-retries=0");

	@ParameterizedTest
	@ValueSource(strings = { "queue", "My \"Schema\"" })
	void theApplicationStoresConsumesAndAdministersAsItsOwnRole(String schema) {
		mayCreate(this.owner);
		ApplicationContextRunner application = this.runner.withPropertyValues("pgnotify.schema=" + schema);
		application.run(this::assertThatAllWorks);
		String rights = rights(this.app);
		assertThat(rights).contains("delivery:UPDATE", "message:DELETE", "message:INSERT")
			.doesNotContain("message:UPDATE", "TRUNCATE", "TRIGGER", "pgnotify_schema_history");
		application.run((context) -> assertThat(context).hasNotFailed());
		assertThat(rights(this.app)).isEqualTo(rights);
	}

	@Test
	void aThirdRoleOfTheListeningConnectionMayToo() {
		mayCreate(this.owner);
		String listener = this.database.createRole("listener");
		this.runner
			.withPropertyValues("pgnotify.datasource.username=" + listener, "pgnotify.datasource.password=" + listener)
			.run(this::assertThatAllWorks);
	}

	@Test
	void nothingIsGrantedIfThatIsNotWanted() {
		mayCreate(this.owner);
		this.runner.withPropertyValues("pgnotify.flyway.grant=false", "pgnotify.listener.auto-startup=false")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(rights(this.app)).isEmpty();
	}

	@Test
	void whatCannotBeGrantedIsNamedWithWhatToRun() {
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		this.database.execute("GRANT USAGE ON SCHEMA queue TO " + this.owner
				+ "; GRANT SELECT ON queue.pgnotify_schema_history TO " + this.owner);
		List<String> statements = new ArrayList<>();
		this.runner.run((context) -> {
			assertThat(context).hasFailed();
			assertThat(context.getStartupFailure()).rootCause()
				.satisfies((ex) -> assertThat(ex.getMessage()).isNotEmpty());
			PgNotifyStartupException refusal = refusal(context.getStartupFailure());
			assertThat(refusal).hasMessageContainingAll(this.app, this.owner, "'queue'");
			assertThat(refusal.getAction()).contains("'" + this.database.username() + "'",
					"pgnotify.flyway.grant=false");
			refusal.getAction().lines().filter((line) -> line.contains("GRANT ")).forEach(statements::add);
		});
		statements.forEach(this.database::execute);
		this.runner.run(this::assertThatAllWorks);
	}

	@Test
	void manyAtOnceDoNotDisturbEachOther() throws InterruptedException {
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
		for (int round = 0; round < 5; round++) {
			String role = this.database.createRole("role" + round);
			List<Thread> threads = new ArrayList<>();
			for (int i = 0; i < 6; i++) {
				threads.add(new Thread(() -> new QueueSchema(this.database.dataSource(), "queue").grantTo(role)));
			}
			threads.forEach((thread) -> thread.setUncaughtExceptionHandler((where, ex) -> failures.add(ex)));
			threads.forEach(Thread::start);
			for (Thread thread : threads) {
				thread.join();
			}
			assertThat(rights(role)).contains("delivery:UPDATE");
		}
		assertThat(failures).isEmpty();
	}

	private void assertThatAllWorks(ApplicationContext context) {
		PgNotifyOperations operations = context.getBean(PgNotifyOperations.class);
		PgQueueAdmin admin = context.getBean(PgQueueAdmin.class);
		operations.enqueue("orders", "fine");
		operations.enqueue("orders", "broken");
		operations.convertAndSend("orders", "x".repeat(10_000));
		await().untilAsserted(
				() -> assertThat(context.getBean(Billing.class).handled.received()).contains("fine", "broken"));
		await().untilAsserted(() -> assertThat(admin.deadLetters("orders", "billing", 10)).hasSize(1));
		admin.pause("orders", "billing");
		assertThat(admin.discardAll("orders", "billing")).isOne();
		assertThat(admin.groups()).singleElement().satisfies((group) -> assertThat(group.paused()).isTrue());
		admin.resume("orders", "billing");
	}

	private void mayCreate(String role) {
		this.database.execute("GRANT CREATE ON DATABASE " + this.database.name() + " TO " + role);
	}

	private String rights(String role) {
		return String.valueOf(this.database.queryForString(RIGHTS, role));
	}

	private static PgNotifyStartupException refusal(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof PgNotifyStartupException refusal) {
				return refusal;
			}
		}
		throw new AssertionError("No refusal", failure);
	}

	static class Billing {

		final Recorder<String> handled = new Recorder<>();

		@PgListener(channels = "orders", group = "billing")
		void bill(String order) {
			this.handled.record(order);
			if (order.equals("broken")) {
				throw new IllegalStateException("broken");
			}
		}

	}

}
