package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.TestDatabase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What Micrometer is told of the queue.
 */
class PgQueueMetricsIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withConfiguration(AutoConfigurations.of(PgNotifyMetricsAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class))
		.withUserConfiguration(Listeners.class);

	@Test
	void whatIsStoredIsCountedWhenItIsCommittedAndOnce() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			template.enqueue(OutgoingMessage.of("elsewhere", 1).deduplicationId("one"));
			template.enqueue(OutgoingMessage.of("elsewhere", 1).deduplicationId("one"));
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			transactions.executeWithoutResult((status) -> {
				template.enqueueAll("elsewhere", List.of(2, 3));
				template.enqueue("elsewhere", 4);
				assertThat(counter(registry, "pgnotify.queue.stored", "channel", "elsewhere")).isOne();
			});
			transactions.executeWithoutResult((status) -> {
				template.enqueue("elsewhere", 5);
				status.setRollbackOnly();
			});
			assertThat(counter(registry, "pgnotify.queue.stored", "channel", "elsewhere")).isEqualTo(4);
		});
	}

	@Test
	void channelsWithoutEndDoNotMakeMetersWithoutEnd() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			template
				.enqueueAll(IntStream.range(0, 150).mapToObj((n) -> OutgoingMessage.of("channel " + n, n)).toList());
			assertThat(registry.find("pgnotify.queue.stored").counters()).hasSize(101);
			assertThat(counter(registry, "pgnotify.queue.stored", "channel", "(other)")).isEqualTo(50);
		});
	}

	@Test
	void handlingIsTimedAndDeadLettersAreCounted() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			context.getBean(PgNotifyTemplate.class)
				.enqueueAll("orders",
						List.of(new Order(1, false), new Order(2, false), new Order(3, true), "unreadable"));
			String[] billing = { "channel", "orders", "group", "billing" };
			await().untilAsserted(() -> {
				assertThat(counter(registry, "pgnotify.queue.dead.lettered", and(billing, "reason", "failed"))).isOne();
				assertThat(counter(registry, "pgnotify.queue.dead.lettered", and(billing, "reason", "undecodable")))
					.isOne();
				assertThat(timer(registry, "success").count()).isEqualTo(2);
			});
			// Three tries of the one, one of the other
			assertThat(timer(registry, "failure").count()).isEqualTo(4);
			assertThat(timer(registry, "success").totalTime(TimeUnit.NANOSECONDS)).isPositive();
			assertThat(counter(registry, "pgnotify.queue.handled", "listener", "billing one", "outcome", "success"))
				.isEqualTo(2);
			assertThat(counter(registry, "pgnotify.queue.claimed", billing)).isEqualTo(6);
			assertThat(counter(registry, "pgnotify.queue.retried", billing)).isEqualTo(2);
			assertThat(counter(registry, "pgnotify.queue.leases.lost", billing)).isZero();
			assertThat(counter(registry, "pgnotify.queue.reclaimed")).isZero();
			assertThat(gauge(registry, "pgnotify.queue.up")).isEqualTo(1);
		});
	}

	@Test
	void aBatchIsOneCallAndSeveralMessages() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			context.getBean(PgNotifyTemplate.class).enqueueAll("batches", IntStream.range(0, 50).boxed().toList());
			await().untilAsserted(() -> assertThat(
					counter(registry, "pgnotify.queue.handled", "listener", "in batches", "outcome", "success"))
				.isEqualTo(50));
			assertThat(registry.get("pgnotify.queue.handling").tag("listener", "in batches").timer().count())
				.isLessThan(50);
		});
	}

	@Test
	void howGroupsStandIsSampled() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			Listeners listeners = context.getBean(Listeners.class);
			PgNotifyTemplate template = context.getBean(PgNotifyTemplate.class);
			template.enqueue(OutgoingMessage.of("slow", 1));
			template.enqueue(OutgoingMessage.of("slow", 2).delay(Duration.ofHours(1)));
			assertThat(listeners.entered.await(30, TimeUnit.SECONDS)).isTrue();
			String[] slow = { "channel", "slow", "group", "slowly" };
			await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
				assertThat(gauge(registry, "pgnotify.queue.deliveries", and(slow, "state", "leased"))).isEqualTo(1);
				assertThat(gauge(registry, "pgnotify.queue.deliveries", and(slow, "state", "deferred"))).isEqualTo(1);
				assertThat(gauge(registry, "pgnotify.queue.deliveries", and(slow, "state", "ready"))).isZero();
				assertThat(gauge(registry, "pgnotify.queue.deliveries", and(slow, "state", "suspect"))).isZero();
				assertThat(gauge(registry, "pgnotify.queue.dead.letters", slow)).isZero();
				assertThat(gauge(registry, "pgnotify.queue.oldest.age", slow)).isZero();
			});
			listeners.leave.countDown();
		});
	}

	@Test
	void thereAreNoneWithoutAQueue() {
		PgNotifyContext.runner(this.database)
			.withConfiguration(
					AutoConfigurations.of(PgNotifyMetricsAutoConfiguration.class, MetricsAutoConfiguration.class,
							CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class))
			.withPropertyValues("pgnotify.queue.enabled=false")
			.run((context) -> assertThat(context.getBean(MeterRegistry.class).getMeters())
				.noneMatch((meter) -> meter.getId().getName().startsWith("pgnotify.queue")));
	}

	private static double counter(MeterRegistry registry, String name, String... tags) {
		Counter counter = registry.find(name).tags(tags).counter();
		return (counter != null) ? counter.count() : -1;
	}

	private static double gauge(MeterRegistry registry, String name, String... tags) {
		Gauge gauge = registry.find(name).tags(tags).gauge();
		return (gauge != null) ? gauge.value() : -1;
	}

	private static Timer timer(MeterRegistry registry, String outcome) {
		return registry.get("pgnotify.queue.handling")
			.tags("listener", "billing one", "group", "billing", "outcome", outcome)
			.timer();
	}

	private static String[] and(String[] tags, String name, String value) {
		return new String[] { tags[0], tags[1], tags[2], tags[3], name, value };
	}

	record Order(int id, boolean fails) {

	}

	@Configuration(proxyBeanMethods = false)
	static class Listeners {

		final CountDownLatch entered = new CountDownLatch(1);

		final CountDownLatch leave = new CountDownLatch(1);

		@Bean
		RetryPolicy quick() {
			return RetryPolicy.builder().maxRetries(2).delay(Duration.ofMillis(10)).build();
		}

		@PgListener(channels = "orders", group = "billing", id = "billing one", retryPolicy = "quick")
		void bill(Order order) {
			if (order.fails()) {
				throw new IllegalStateException("by design");
			}
		}

		@PgListener(channels = "batches", group = "batches", id = "in batches")
		void together(List<Integer> numbers) {
		}

		@PgListener(channels = "slow", group = "slowly", id = "slow one")
		void slow(int number) throws InterruptedException {
			this.entered.countDown();
			assertThat(this.leave.await(2, TimeUnit.MINUTES)).isTrue();
		}

	}

}
