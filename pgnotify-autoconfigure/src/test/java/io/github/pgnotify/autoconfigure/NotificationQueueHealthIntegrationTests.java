package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.Map;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.fault.CloggedQueue;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the health endpoint says when somebody else's listener fills the server's
 * notification queue.
 */
class NotificationQueueHealthIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	@Test
	void queueThatFillsUpIsDownWithTheReasonAndHealsByItself() {
		try (ControllableServer server = new ControllableServer()) {
			// Only since PostgreSQL 17 can the queue be made small; before, it takes 8 GB
			boolean small = server.majorVersion() >= 17;
			(small ? server.configure("max_notify_queue_pages=64") : server).start();
			runner(server).run((context) -> {
				HealthIndicator indicator = context.getBean("pgnotifyHealthContributor", HealthIndicator.class);
				awaitHealthy(indicator);
				if (small) {
					CloggedQueue offender = new CloggedQueue(server);
					assertThatItIsAlarming(indicator);
					offender.close();
				}
				long ended = System.nanoTime();
				awaitHealthy(indicator);
				Figures.print("notification queue full, offender ended -> health UP",
						Duration.ofNanos(System.nanoTime() - ended));
				notify(server);
				assertThat(context.getBean(Listener.class).received.await(1)).containsExactly("x");
			});
		}
	}

	private static void assertThatItIsAlarming(HealthIndicator indicator) {
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
			assertThat(health(indicator).getStatus()).isEqualTo(Status.DOWN);
			assertThat(details(indicator).get("queueUsage"))
				.asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.DOUBLE)
				.isGreaterThanOrEqualTo(PgListenerHealthIndicator.ALARMING_QUEUE_USAGE);
			assertThat(details(indicator).get("problem")).asString()
				.contains("notification queue of the server is filling up")
				.contains("pg_stat_activity");
		});
	}

	private static void awaitHealthy(HealthIndicator indicator) {
		Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
			assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
			assertThat(details(indicator)).doesNotContainKey("problem");
			// not empty at once: what was refused stays in it until the next one is read
			assertThat((Double) details(indicator).get("queueUsage"))
				.isLessThan(PgListenerHealthIndicator.ALARMING_QUEUE_USAGE);
		});
	}

	private static Health health(HealthIndicator indicator) {
		return java.util.Objects.requireNonNull(indicator.health());
	}

	private static Map<String, Object> details(HealthIndicator indicator) {
		return health(indicator).getDetails();
	}

	private static void notify(ControllableServer server) {
		new JdbcTemplate(server.dataSource("postgres")).queryForList("SELECT pg_notify('messages', 'x')");
	}

	private static ApplicationContextRunner runner(ControllableServer server) {
		return PgNotifyContext.runner()
			.withConfiguration(AutoConfigurations.of(PgNotifyHealthContributorAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + server.jdbcUrl("postgres"),
					"spring.datasource.username=" + server.username(), "spring.datasource.password=postgres",
					"pgnotify.queue.enabled=false")
			.withUserConfiguration(Listener.class);
	}

	static class Listener {

		final Recorder<String> received = new Recorder<>();

		@PgListener("messages")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

}
