package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerFilter;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.search.Search;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Micrometer is told of listening.
 */
class PgListenerMetricsIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner withoutRegistry = PgNotifyContext.runner(database)
		.withConfiguration(AutoConfigurations.of(PgNotifyMetricsAutoConfiguration.class));

	private final ApplicationContextRunner runner = this.withoutRegistry
		.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class))
		.withUserConfiguration(Listeners.class);

	@Test
	void handlingIsTimedByListenerAndOutcome() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry).isInstanceOf(SimpleMeterRegistry.class);
			for (String payload : new String[] { "fine", "fine too", "fails", "not for me", "last" }) {
				notify("timed", payload);
			}
			context.getBean(Listeners.class).received.await(4);
			Awaitility.await().untilAsserted(() -> {
				assertThat(timer(registry, "success").count()).isEqualTo(3);
				assertThat(timer(registry, "failure").count()).isEqualTo(1);
				assertThat(timer(registry, "filtered").count()).isEqualTo(1);
			});
			assertThat(timer(registry, "success").totalTime(TimeUnit.NANOSECONDS)).isPositive();
		});
	}

	@Test
	void connectionAndGapsAreSeen() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(gauge(registry, "pgnotify.listener.up")).isEqualTo(1);
			assertThat(gauge(registry, "pgnotify.listener.channels")).isEqualTo(2);
			assertThat(gauge(registry, "pgnotify.notification.queue.usage")).isBetween(0.0, 1.0);
			assertThat(counter(find(registry, "pgnotify.listener.gaps"))).isZero();
			PgListenerRegistry listeners = context.getBean(PgListenerRegistry.class);
			listeners.stop();
			assertThat(gauge(registry, "pgnotify.listener.up")).isZero();
			listeners.start();
			assertThat(gauge(registry, "pgnotify.listener.up")).isEqualTo(1);
			Awaitility.await()
				.untilAsserted(() -> assertThat(counter(find(registry, "pgnotify.listener.gaps"))).isEqualTo(1));
		});
	}

	@Test
	void whatWaitsAndWhatIsDroppedIsSeenWhileTheListenerIsBusy() {
		this.runner.withPropertyValues("pgnotify.listener.capacity.messages=3").run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			Listeners listeners = context.getBean(Listeners.class);
			notify("slow", "blocks");
			assertThat(listeners.entered.await(30, TimeUnit.SECONDS)).isTrue();
			database.execute("SELECT pg_notify('slow', n::text) FROM generate_series(1, 10) AS n");
			Awaitility.await()
				.untilAsserted(() -> assertThat(
						counter(find(registry, "pgnotify.listener.dropped").tag("listener", "slow one")))
					.isEqualTo(7));
			assertThat(waiting(registry, "slow one").value()).isEqualTo(3);
			listeners.leave.countDown();
			Awaitility.await().untilAsserted(() -> assertThat(waiting(registry, "slow one").value()).isZero());
		});
	}

	@Test
	void listenersThatComeAndGoBringAndTakeTheirMeters() {
		this.runner.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			PgListenerRegistry listeners = context.getBean(PgListenerRegistry.class);
			int before = registry.getMeters().size();
			Recorder<String> received = new Recorder<>();
			for (int round = 1; round <= 2; round++) {
				listeners.subscribe(42, "passing", (notification) -> received.record("x")).get(10, TimeUnit.SECONDS);
				notify("passing", "x");
				received.await(round);
				assertThat(waiting(registry, "42").value()).isZero();
				assertThat(registry.getMeters()).hasSize(before + 5);
				listeners.unsubscribe(42, "passing").get(10, TimeUnit.SECONDS);
				assertThat(registry.getMeters()).hasSize(before);
			}
		});
	}

	@Test
	void everyContainerHasItsOwn() {
		this.runner.withUserConfiguration(SecondContainer.class)
			.run((context) -> assertThat(context.getBean(MeterRegistry.class).find("pgnotify.listener.up").gauges())
				.map((gauge) -> gauge.getId().getTag("container"))
				.containsExactlyInAnyOrder("pgListenerContainer", "second"));
	}

	@Test
	void propertySwitchesThemOff() {
		this.runner.withPropertyValues("management.metrics.enable.pgnotify=false").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(MeterRegistry.class).getMeters())
				.noneMatch((meter) -> meter.getId().getName().startsWith("pgnotify"));
			notify("timed", "fine");
			assertThat(context.getBean(Listeners.class).received.await(1)).containsExactly("fine");
		});
	}

	@Test
	void thereAreNoneWithoutRegistryOrMicrometer() {
		this.withoutRegistry
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PgListenerMetrics.class));
		this.withoutRegistry.withClassLoader(new FilteredClassLoader("io.micrometer.core"))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(PgNotifyMetricsAutoConfiguration.class));
	}

	private static Search find(MeterRegistry registry, String name) {
		return registry.find(name).tag("container", "pgListenerContainer");
	}

	private static double gauge(MeterRegistry registry, String name) {
		return value(find(registry, name).gauge(), Gauge::value);
	}

	private static double counter(Search search) {
		return value(search.functionCounter(), FunctionCounter::count);
	}

	private static Gauge waiting(MeterRegistry registry, String listener) {
		return find(registry, "pgnotify.listener.waiting").tag("listener", listener).gauge();
	}

	private static Timer timer(MeterRegistry registry, String outcome) {
		return registry.get("pgnotify.listener.handling")
			.tags("container", "pgListenerContainer", "listener", "timed one", "outcome", outcome)
			.timer();
	}

	private static <T> double value(T meter, ToDoubleFunction<T> value) {
		assertThat(meter).isNotNull();
		return value.applyAsDouble(meter);
	}

	private static void notify(String channel, String payload) {
		database.queryForString("SELECT pg_notify(?, ?)::text", channel, payload);
	}

	@Configuration(proxyBeanMethods = false)
	static class SecondContainer {

		@Bean
		PgListenerContainer second(PgListenerContainerFactory factory) {
			return factory.create("second", database.dataSource());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Listeners {

		final Recorder<String> received = new Recorder<>();

		final CountDownLatch entered = new CountDownLatch(1);

		final CountDownLatch leave = new CountDownLatch(1);

		@Bean
		PgListenerFilter forMe() {
			return (message) -> !"not for me".equals(message.getPayload());
		}

		@PgListener(channels = "timed", id = "timed one", filter = "forMe")
		void timed(String payload) {
			this.received.record(payload);
			if (payload.equals("fails")) {
				throw new IllegalStateException("by design");
			}
		}

		@PgListener(channels = "slow", id = "slow one")
		void slow(String payload) throws InterruptedException {
			this.entered.countDown();
			assertThat(this.leave.await(Duration.ofMinutes(1).toMillis(), TimeUnit.MILLISECONDS)).isTrue();
		}

	}

}
