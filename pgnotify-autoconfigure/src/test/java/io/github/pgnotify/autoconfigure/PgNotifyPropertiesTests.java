package io.github.pgnotify.autoconfigure;

import java.io.InputStream;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@code pgnotify.*} may be set to, and what it is if not. Needs no database.
 */
class PgNotifyPropertiesTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class,
				PgNotifyAutoConfiguration.class))
		.withPropertyValues("pgnotify.queue.enabled=false");

	private final ApplicationContextRunner postgres = this.runner
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://nowhere.invalid/app");

	private static final Set<Class<?>> GROUPS = Set.of(PgNotifyGatewayProperties.Limits.class,
			PgNotifyProperties.Datasource.class, PgNotifyProperties.Listener.class, PgNotifyProperties.Reconnect.class,
			PgNotifyProperties.Queue.class, PgNotifyProperties.Flyway.class, PgNotifyProperties.Triggers.class,
			PgNotifyProperties.Capacity.class, PgNotifyProperties.Retry.class, PgNotifyProperties.Prefetch.class,
			PgNotifyProperties.QueueRetry.class);

	@Test
	void haveDefaults() {
		new ApplicationContextRunner().withUserConfiguration(PropertiesOnly.class).run((context) -> {
			PgNotifyProperties properties = context.getBean(PgNotifyProperties.class);
			assertThat(properties.enabled()).isTrue();
			assertThat(properties.schema()).isEqualTo("queue");
			assertThat(properties.datasource()).isEqualTo(new PgNotifyProperties.Datasource(null, null, null));
			assertThat(properties.listener()).isEqualTo(new PgNotifyProperties.Listener(true, StartupFailurePolicy.FAIL,
					Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofMinutes(1),
					Duration.ofSeconds(5), true, Duration.ofSeconds(20), null, Duration.ofSeconds(30),
					new PgNotifyProperties.Reconnect(Duration.ofMillis(100), Duration.ofMillis(1500)),
					new PgNotifyProperties.Capacity(10_000, DataSize.ofMegabytes(16), Overflow.DROP_OLDEST),
					new PgNotifyProperties.Retry(0, Duration.ofMillis(100), 2, Duration.ofSeconds(10))));
			assertThat(properties.queue()).isEqualTo(new PgNotifyProperties.Queue(
					true, false, Duration.ofSeconds(30), Duration.ofSeconds(5),
					new PgNotifyProperties.Prefetch(100, DataSize.ofMegabytes(8)), new PgNotifyProperties.QueueRetry(9,
							Duration.ofSeconds(1), 2, Duration.ofMinutes(5), Duration.ofMillis(500)),
					Duration.ofDays(7), Duration.ofDays(30), Duration.ofSeconds(20)));
			assertThat(properties.flyway()).isEqualTo(new PgNotifyProperties.Flyway(true, true, null, null, null));
			assertThat(properties.triggers()).isEqualTo(new PgNotifyProperties.Triggers(Mode.APPLY, List.of(), null,
					"pgnotify-triggers.sql", Duration.ofSeconds(10)));
		});
	}

	@Test
	void areBound() {
		new ApplicationContextRunner().withUserConfiguration(PropertiesOnly.class)
			.withPropertyValues("pgnotify.enabled=false", "pgnotify.schema=My Schema", "pgnotify.datasource.url=u",
					"pgnotify.datasource.username=n", "pgnotify.datasource.password=p",
					"pgnotify.listener.auto-startup=false", "pgnotify.listener.startup-failure-policy=retry",
					"pgnotify.listener.startup-timeout=1s", "pgnotify.listener.heartbeat-interval=2m",
					"pgnotify.listener.answer-timeout=300", "pgnotify.listener.shutdown-grace=0s",
					"pgnotify.listener.heartbeat-timeout=6s", "pgnotify.listener.loopback-interval=7s",
					"pgnotify.listener.low-latency=false", "pgnotify.listener.idle-event-interval=8s",
					"pgnotify.listener.stuck-after=9s", "pgnotify.listener.capacity.messages=10",
					"pgnotify.listener.capacity.bytes=11KB", "pgnotify.listener.capacity.overflow=drop-newest",
					"pgnotify.listener.retry.max-retries=12", "pgnotify.listener.retry.delay=13s",
					"pgnotify.listener.retry.multiplier=1.4", "pgnotify.listener.retry.max-delay=15s",
					"pgnotify.listener.reconnect.initial-delay=4s", "pgnotify.listener.reconnect.max-delay=5s",
					"pgnotify.queue.enabled=false", "pgnotify.queue.announce=true", "pgnotify.queue.lease=16s",
					"pgnotify.queue.poll-interval=17s", "pgnotify.queue.prefetch.messages=18",
					"pgnotify.queue.prefetch.bytes=19KB", "pgnotify.queue.retry.max-retries=20",
					"pgnotify.queue.retry.delay=21s", "pgnotify.queue.retry.multiplier=2.2",
					"pgnotify.queue.retry.max-delay=23s", "pgnotify.queue.retry.jitter=24s",
					"pgnotify.queue.retention=25d", "pgnotify.queue.dead-letter-retention=26d",
					"pgnotify.queue.shutdown-grace=27s", "pgnotify.flyway.enabled=false", "pgnotify.flyway.url=fu",
					"pgnotify.flyway.user=fn", "pgnotify.flyway.password=fp", "pgnotify.triggers.mode=off",
					"pgnotify.triggers.import=a.json,b.json", "pgnotify.triggers.application=shop",
					"pgnotify.triggers.script=s.sql", "pgnotify.triggers.lock-timeout=28s")
			.run((context) -> assertThat(context.getBean(PgNotifyProperties.class)).isEqualTo(new PgNotifyProperties(
					false, "My Schema", new PgNotifyProperties.Datasource("u", "n", "p"),
					new PgNotifyProperties.Listener(false, StartupFailurePolicy.RETRY, Duration.ofSeconds(1),
							Duration.ofMinutes(2), Duration.ofSeconds(6), Duration.ofSeconds(7), Duration.ofMillis(300),
							false, Duration.ZERO, Duration.ofSeconds(8), Duration.ofSeconds(9),
							new PgNotifyProperties.Reconnect(Duration.ofSeconds(4), Duration.ofSeconds(5)),
							new PgNotifyProperties.Capacity(10, DataSize.ofKilobytes(11), Overflow.DROP_NEWEST),
							new PgNotifyProperties.Retry(12, Duration.ofSeconds(13), 1.4, Duration.ofSeconds(15))),
					new PgNotifyProperties.Queue(false, true, Duration.ofSeconds(16), Duration.ofSeconds(17),
							new PgNotifyProperties.Prefetch(18, DataSize.ofKilobytes(19)),
							new PgNotifyProperties.QueueRetry(20, Duration.ofSeconds(21), 2.2, Duration.ofSeconds(23),
									Duration.ofSeconds(24)),
							Duration.ofDays(25), Duration.ofDays(26), Duration.ofSeconds(27)),
					new PgNotifyProperties.Flyway(false, true, "fu", "fn", "fp"), new PgNotifyProperties.Triggers(
							Mode.OFF, List.of("a.json", "b.json"), "shop", "s.sql", Duration.ofSeconds(28)))));
	}

	@Test
	void emptyAddressesAndRolesAreNotSet() {
		new ApplicationContextRunner().withUserConfiguration(PropertiesOnly.class)
			.withPropertyValues("pgnotify.datasource.url=", "pgnotify.datasource.username=", "pgnotify.flyway.url=",
					"pgnotify.flyway.user=")
			.run((context) -> {
				PgNotifyProperties properties = context.getBean(PgNotifyProperties.class);
				assertThat(properties.datasource()).isEqualTo(new PgNotifyProperties.Datasource(null, null, null));
				assertThat(properties.flyway()).isEqualTo(new PgNotifyProperties.Flyway(true, true, null, null, null));
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "startup-timeout", "heartbeat-interval", "answer-timeout", "reconnect.initial-delay",
			"reconnect.max-delay" })
	void timesThatMustPassAreAboveZero(String name) {
		String property = "pgnotify.listener." + name;
		new ApplicationContextRunner().withUserConfiguration(PropertiesOnly.class)
			.withPropertyValues(property + "=0s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(IllegalArgumentException.class)
				.hasMessageStartingWith(property + " must be"));
	}

	@Test
	void stringsHaveNoCredentials() {
		this.postgres
			.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://h/db?password=s3cret",
					"pgnotify.datasource.username=listener", "pgnotify.datasource.password=s3cret",
					"pgnotify.flyway.url=jdbc:postgresql://h/db?password=s3cret", "pgnotify.flyway.user=owner",
					"pgnotify.flyway.password=s3cret")
			.run((context) -> {
				assertThat(context.getBean(PgNotifyProperties.class).toString()).contains("listener", "owner")
					.doesNotContain("s3cret", "jdbc:");
				for (String name : context.getBeanDefinitionNames()) {
					assertThat(context.getBean(name).toString()).as(name).doesNotContain("s3cret");
				}
			});
	}

	@Test
	void allAreInTheMetadataWithADescription() throws Exception {
		List<String> names = new ArrayList<>(List.of(names("pgnotify", PgNotifyProperties.class)));
		names.add("pgnotify.triggers");
		names.addAll(List.of(names("pgnotify.gateway", PgNotifyGatewayProperties.class)));
		assertThat(metadata("properties")).containsOnlyKeys(names.toArray(String[]::new))
			.allSatisfy((name, property) -> assertThat(property.path("description").asString("")).as(name)
				.isNotBlank()
				.endsWith("."));
	}

	@Test
	void defaultsAreInTheMetadata() throws Exception {
		assertThat(metadata("properties")).satisfies((properties) -> {
			assertThat(properties.get("pgnotify.enabled").path("defaultValue").asBoolean()).isTrue();
			assertThat(properties.get("pgnotify.schema").path("defaultValue").asString()).isEqualTo("queue");
			assertThat(properties.get("pgnotify.listener.startup-failure-policy").path("defaultValue").asString())
				.isEqualTo("fail");
			assertThat(properties.get("pgnotify.queue.announce").path("defaultValue").asBoolean(true)).isFalse();
		});
	}

	private Map<String, JsonNode> metadata(String section) throws Exception {
		try (InputStream json = PgNotifyProperties.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			Map<String, JsonNode> byName = new LinkedHashMap<>();
			JsonMapper.shared()
				.readTree(json)
				.path(section)
				.forEach((entry) -> byName.put(entry.path("name").asString(), entry));
			byName.keySet().removeIf((name) -> !name.startsWith("pgnotify"));
			return byName;
		}
	}

	private String[] names(String prefix, Class<?> type) {
		List<String> names = new ArrayList<>();
		for (RecordComponent component : type.getRecordComponents()) {
			String name = prefix + "." + nameOf(component, type).replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
			if (GROUPS.contains(component.getType())) {
				names.addAll(List.of(names(name, component.getType())));
			}
			else {
				names.add(name);
			}
		}
		return names.toArray(String[]::new);
	}

	private String nameOf(RecordComponent component, Class<?> type) {
		for (Parameter parameter : type.getDeclaredConstructors()[0].getParameters()) {
			Name name = parameter.getAnnotation(Name.class);
			if (name != null && parameter.getName().equals(component.getName())) {
				return name.value();
			}
		}
		return component.getName();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(PgNotifyProperties.class)
	static class PropertiesOnly {

	}

}
