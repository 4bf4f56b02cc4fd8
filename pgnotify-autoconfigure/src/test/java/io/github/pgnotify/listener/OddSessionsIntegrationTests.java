package io.github.pgnotify.listener;

import java.sql.Connection;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Listening over sessions that are not as PostgreSQL makes them: in transactions, or with
 * time-outs of the role.
 */
class OddSessionsIntegrationTests {

	private static final String TIMEOUT = "500ms";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withUserConfiguration(Listener.class);

	@Test
	void connectionsThatComeWithAutocommitOffAreListenedOn() {
		this.runner.withUserConfiguration(AutocommitOff.class).run((context) -> {
			assertThatItHears(context.getBean(Listener.class), context.getBean(PgNotifyOperations.class),
					context.getBean(PgListenerRegistry.class));
			assertThat(inTransaction()).isEqualTo("0");
		});
	}

	@Test
	void poolsWithAutocommitOffAreListenedAndSentOn() {
		this.runner.withPropertyValues("spring.datasource.hikari.auto-commit=false").run((context) -> {
			assertThatItHears(context.getBean(Listener.class), context.getBean(PgNotifyOperations.class),
					context.getBean(PgListenerRegistry.class));
			assertThat(inTransaction()).isEqualTo("0");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "idle_session_timeout", "statement_timeout", "idle_in_transaction_session_timeout" })
	void timeoutOfTheRoleDoesNotEndListening(String setting) {
		String role = this.database.createRole("impatient");
		this.database.execute("ALTER ROLE \"" + role + "\" SET " + setting + " = '" + TIMEOUT + "'");
		this.runner
			.withPropertyValues("spring.datasource.username=" + role, "spring.datasource.password=" + role,
					"spring.datasource.hikari.minimum-idle=0", "pgnotify.queue.enabled=false")
			.run((context) -> {
				PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
				Integer pid = registry.status().backendPid();
				assertThat(pid).isNotNull();
				// meanwhile the server ends other sessions of the role, one after the
				// other
				for (int i = 0; i < 3; i++) {
					awaitEndBy(setting, role);
				}
				assertThatItHears(context.getBean(Listener.class), context.getBean(PgNotifyOperations.class), registry);
				assertThat(registry.status().backendPid()).isEqualTo(pid);
				assertThat(registry.status().gaps()).isZero();
			});
	}

	/**
	 * Has the server end a session of the role, or a statement of it.
	 */
	private void awaitEndBy(String setting, String role) throws Exception {
		try (Connection other = this.database.dataSource(role).getConnection();
				Statement statement = other.createStatement()) {
			if (setting.equals("statement_timeout")) {
				assertThatException().isThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
					.withMessageContaining("statement timeout");
				return;
			}
			if (setting.equals("idle_in_transaction_session_timeout")) {
				other.setAutoCommit(false);
				statement.execute("SELECT 1");
			}
			int pid = other.unwrap(PGConnection.class).getBackendPID();
			Awaitility.await()
				.untilAsserted(() -> assertThat(
						this.database.queryForString("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid))
					.isEqualTo("0"));
		}
	}

	private String inTransaction() {
		return this.database.queryForString("""
				SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND state LIKE 'idle in transaction%'""");
	}

	private static void assertThatItHears(Listener listener, PgNotifyOperations template, PgListenerRegistry registry)
			throws Exception {
		Recorder<String> added = new Recorder<>();
		registry.subscribe("added", "added", (notification) -> added.record(String.valueOf(notification.payload())))
			.get(30, TimeUnit.SECONDS);
		template.convertAndSend("added", "1");
		template.convertAndSend("messages", "2");
		assertThat(added.await(1)).containsExactly("1");
		assertThat(listener.received.await(1)).containsExactly("2");
	}

	static class Listener {

		final Recorder<String> received = new Recorder<>();

		@PgListener("messages")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AutocommitOff {

		@Bean
		PgListenerConnectionSource connections(DataSource dataSource) {
			return () -> {
				Connection connection = dataSource.getConnection();
				connection.setAutoCommit(false);
				return connection;
			};
		}

	}

}
