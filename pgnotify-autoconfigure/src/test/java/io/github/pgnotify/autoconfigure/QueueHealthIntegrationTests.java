package io.github.pgnotify.autoconfigure;

import java.util.Map;
import java.util.Objects;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the health endpoint says of the durable queue.
 */
class QueueHealthIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@RegisterExtension
	final TestDatabase postgres = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withConfiguration(AutoConfigurations.of(PgNotifyHealthContributorAutoConfiguration.class));

	@Test
	void healthGoesDownAndComesUpWithTheConnectionOfTheQueue() {
		this.runner.withUserConfiguration(Billing.class).run((context) -> {
			await().untilAsserted(() -> assertThat(health(context).getStatus()).isEqualTo(Status.UP));
			assertThat(health(context).getDetails()).containsEntry("queueConnected", true)
				.doesNotContainKey("deadLetters");
			allowConnections(false);
			terminate("AND application_name LIKE '% queue'");
			await().untilAsserted(() -> assertThat(health(context).getStatus()).isEqualTo(Status.DOWN));
			assertThat(health(context).getDetails()).containsEntry("queueConnected", false);
			assertThat((String) health(context).getDetails().get("problem")).contains("queue");
			allowConnections(true);
			await().untilAsserted(() -> assertThat(health(context).getStatus()).isEqualTo(Status.UP));
			assertThat(health(context).getDetails()).containsEntry("queueConnected", true).doesNotContainKey("problem");
		});
	}

	@Test
	void withoutAGroupTheQueueDoesNotMatter() {
		this.runner.run((context) -> {
			assertThat(health(context).getStatus()).isEqualTo(Status.UP);
			assertThat(health(context).getDetails()).doesNotContainKeys("queueConnected", "deadLetters");
		});
		this.runner.withPropertyValues("pgnotify.queue.enabled=false").run((context) -> {
			assertThat(health(context).getStatus()).isEqualTo(Status.UP);
			assertThat(health(context).getDetails()).doesNotContainKey("queueConnected");
		});
	}

	@Test
	void besideAFurtherContainerTheQueueBelongsToTheFirst() {
		this.runner.withUserConfiguration(Billing.class)
			.withUserConfiguration(Reporting.class)
			.withBean(TestDatabase.class, () -> this.postgres)
			.run((context) -> {
				CompositeHealthContributor health = context.getBean("pgnotifyHealthContributor",
						CompositeHealthContributor.class);
				await().untilAsserted(
						() -> assertThat(details(health, "pgListenerContainer")).containsEntry("queueConnected", true));
				assertThat(details(health, "reporting")).containsKey("state").doesNotContainKey("queueConnected");
			});
	}

	private void allowConnections(boolean allowed) {
		this.postgres.execute("ALTER DATABASE " + this.database.name() + " ALLOW_CONNECTIONS " + allowed);
	}

	private void terminate(String condition) {
		this.postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
				+ this.database.name() + "' " + condition);
	}

	private static Health health(ApplicationContext context) {
		return Objects.requireNonNull(context.getBean("pgnotifyHealthContributor", HealthIndicator.class).health());
	}

	private static Map<String, Object> details(CompositeHealthContributor health, String name) {
		HealthIndicator indicator = (HealthIndicator) Objects.requireNonNull(health.getContributor(name));
		return Objects.requireNonNull(indicator.health()).getDetails();
	}

	@Configuration(proxyBeanMethods = false)
	static class Reporting {

		@Bean
		PgListenerContainer reporting(PgListenerContainerFactory factory, TestDatabase other) {
			return factory.create("reporting", other.dataSource());
		}

	}

	static class Billing {

		@PgListener(channels = "orders", group = "billing")
		void bill(String order) {
		}

	}

}
