package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.listener.PgListenerContainer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the health endpoint says of listening, and further containers.
 */
class PgListenerHealthIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	@RegisterExtension
	static final TestDatabase other = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database)
		.withConfiguration(AutoConfigurations.of(PgNotifyHealthContributorAutoConfiguration.class));

	@Test
	void healthGoesDownAndComesUpByItselfWithTheConnection() {
		this.runner.withUserConfiguration(Listener.class).run((context) -> {
			HealthIndicator indicator = context.getBean("pgnotifyHealthContributor", HealthIndicator.class);
			Awaitility.await()
				.untilAsserted(() -> assertThat(health(indicator).getDetails()).containsKey("lastRoundTrip"));
			assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
			assertThat(health(indicator).getDetails()).containsKeys("state", "since", "backendPid", "queueUsage")
				.containsEntry("channels", 1)
				.containsEntry("gaps", 0L);
			JdbcTemplate server = new JdbcTemplate(new DriverManagerDataSource(
					database.jdbcUrl().replace(database.name(), "postgres"), database.username(), database.password()));
			server.execute("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS false");
			server.execute(
					"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database.name() + "'");
			Awaitility.await().untilAsserted(() -> {
				assertThat(health(indicator).getStatus()).isEqualTo(Status.DOWN);
				assertThat(health(indicator).getDetails()).containsKey("problem");
			});
			server.execute("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS true");
			Awaitility.await().untilAsserted(() -> assertThat(health(indicator).getStatus()).isEqualTo(Status.UP));
			assertThat(health(indicator).getDetails()).containsEntry("gaps", 1L).doesNotContainKey("problem");
			context.getBean(PgListenerRegistry.class).stop();
			assertThat(health(indicator).getStatus()).isEqualTo(Status.UNKNOWN);
		});
	}

	@Test
	void listeningToNothingIsHealthy() {
		this.runner.run((context) -> assertThat(
				health(context.getBean("pgnotifyHealthContributor", HealthIndicator.class)).getStatus())
			.isEqualTo(Status.UP));
	}

	@Test
	void healthCanBeSwitchedOff() {
		this.runner.withPropertyValues("management.health.pgnotify.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("pgnotifyHealthContributor"));
	}

	@Test
	void furtherContainersListenOnFurtherDatabases() {
		this.runner.withUserConfiguration(TwoDatabases.class).run((context) -> {
			TwoDatabases listeners = context.getBean(TwoDatabases.class);
			database.queryForString("SELECT pg_notify('both', 'from the first')::text");
			other.queryForString("SELECT pg_notify('both', 'from the other')::text");
			assertThat(listeners.first.await(1)).containsExactly("from the first");
			assertThat(listeners.second.await(1)).containsExactly("from the other");
			assertThat(context.getBean("pgnotifyHealthContributor"))
				.isInstanceOf(org.springframework.boot.health.contributor.CompositeHealthContributor.class);
		});
	}

	private static Health health(HealthIndicator indicator) {
		return java.util.Objects.requireNonNull(indicator.health());
	}

	static class Listener {

		@PgListener("messages")
		void listen(String payload) {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDatabases {

		final Recorder<String> first = new Recorder<>();

		final Recorder<String> second = new Recorder<>();

		@Bean
		PgListenerContainer reporting(PgListenerContainerFactory factory) {
			return factory.create("reporting", other.dataSource());
		}

		@PgListener("both")
		void first(String payload) {
			this.first.record(payload);
		}

		@PgListener(channels = "both", container = "reporting")
		void second(String payload) {
			this.second.record(payload);
		}

	}

}
