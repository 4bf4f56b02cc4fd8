package io.github.pgnotify.autoconfigure;

import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgMessageConverter;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.StoredMessage;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.listener.PgListenerAnnotationBeanPostProcessor;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.listener.PgListenerContainerSettings;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link PgNotifyAutoConfiguration} brings, what it leaves to the user's own, and
 * how it refuses. Needs no database: nothing is stored and nobody listens.
 */
class PgNotifyAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class,
				PgNotifyAutoConfiguration.class))
		.withPropertyValues("pgnotify.queue.enabled=false");

	private final ApplicationContextRunner postgres = this.runner
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://nowhere.invalid/app");

	@Nested
	class Beans {

		@Test
		void sendingAndListeningAreThere() {
			PgNotifyAutoConfigurationTests.this.postgres.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(PgNotifyTemplate.class)
				.hasSingleBean(PgNotifyOperations.class)
				.hasSingleBean(PgListenerConnectionSource.class)
				.hasSingleBean(PgMessageConverter.class)
				.hasSingleBean(PgListenerRegistry.class)
				.hasSingleBean(PgListenerAnnotationBeanPostProcessor.class)
				.hasBean("pgListenerContainer")
				.doesNotHaveBean(MessageStore.class)
				.doesNotHaveBean(PgNotifySchemaInitializer.class));
		}

		@Test
		void disabledThereAreNone() {
			PgNotifyAutoConfigurationTests.this.runner.withPropertyValues("pgnotify.enabled=false")
				.withUserConfiguration(ImpossibleListener.class)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(namesOfOurs(context)).isEmpty();
				});
		}

		@Test
		void withoutTheDriverThereAreNone() {
			PgNotifyAutoConfigurationTests.this.runner.withClassLoader(new FilteredClassLoader("org.postgresql"))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(namesOfOurs(context)).isEmpty();
				});
		}

		@Test
		void theApplicationStillHasOneDataSource() {
			PgNotifyAutoConfigurationTests.this.postgres.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(PgListenerConnectionSource.class)).isNotNull();
				assertThat(context.getBean(DataSource.class)).isInstanceOf(HikariDataSource.class);
				assertThat(context.getBeansOfType(DataSource.class)).containsOnlyKeys("dataSource");
			});
		}

		@Test
		void listenersAreExcludedFromLazyInitialization() {
			PgNotifyAutoConfigurationTests.this.postgres
				.run((context) -> assertThat(context.getBeansOfType(LazyInitializationExcludeFilter.class).values())
					.anyMatch((filter) -> filter.isExcluded("any", new RootBeanDefinition(), ImpossibleListener.class))
					.noneMatch((filter) -> filter.isExcluded("any", new RootBeanDefinition(), String.class)));
		}

		private List<String> namesOfOurs(AssertableApplicationContext context) {
			List<String> names = new ArrayList<>();
			for (String name : context.getBeanDefinitionNames()) {
				Class<?> type = context.getType(name);
				boolean ours = name.toLowerCase().contains("pgnotify") || name.toLowerCase().contains("pglistener")
						|| (type != null && type.getName().startsWith("io.github.pgnotify"));
				if (ours && type != ImpossibleListener.class) {
					names.add(name);
				}
			}
			return names;
		}

	}

	@Nested
	class BackOff {

		@Test
		void forOperations() {
			PgNotifyOperations own = new PgNotifyTemplate(new SimpleDriverDataSource(),
					new PgMessageConverter(JsonMapper.shared()), null);
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgNotifyOperations.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgNotifyOperations.class).isSameAs(own));
		}

		@Test
		void forATemplate() {
			PgNotifyTemplate own = new PgNotifyTemplate(new SimpleDriverDataSource(),
					new PgMessageConverter(JsonMapper.shared()), null);
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgNotifyTemplate.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgNotifyOperations.class).isSameAs(own));
		}

		@Test
		void forAConverter() {
			PgMessageConverter own = new PgMessageConverter(JsonMapper.shared());
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgMessageConverter.class, () -> own)
				.run((context) -> {
					assertThat(context).getBean(PgMessageConverter.class).isSameAs(own);
					assertThat(context.getBean(PgNotifyTemplate.class).getMessageConverter()).isSameAs(own);
				});
		}

		@Test
		void forAConnectionSource() {
			PgListenerConnectionSource own = new NoConnections();
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgListenerConnectionSource.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgListenerConnectionSource.class).isSameAs(own));
		}

		@Test
		void forAMessageStore() {
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", MessageStore.class, OwnMessageStore::new)
				.run((context) -> assertThat(context).getBean(MessageStore.class).isInstanceOf(OwnMessageStore.class));
		}

		@Test
		void forAContainerOfThatName() {
			PgListenerContainer own = container();
			PgNotifyAutoConfigurationTests.this.postgres
				.withBean("pgListenerContainer", PgListenerContainer.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgListenerContainer.class).isSameAs(own));
		}

		@Test
		void notForAContainerOfAnotherName() {
			PgNotifyAutoConfigurationTests.this.postgres
				.withBean("further", PgListenerContainer.class, PgNotifyAutoConfigurationTests::container)
				.run((context) -> assertThat(context.getBeansOfType(PgListenerContainer.class))
					.containsOnlyKeys("pgListenerContainer", "further"));
		}

		@Test
		void forAPostProcessor() {
			PgListenerAnnotationBeanPostProcessor own = new PgListenerAnnotationBeanPostProcessor();
			PgNotifyAutoConfigurationTests.this.postgres
				.withBean("own", PgListenerAnnotationBeanPostProcessor.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgListenerAnnotationBeanPostProcessor.class)
					.isSameAs(own));
		}

		@Test
		void forConnectionDetails() {
			PgNotifyConnectionDetails own = () -> "jdbc:postgresql://own.invalid/app";
			PgNotifyAutoConfigurationTests.this.postgres
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://property.invalid/app")
				.withBean("own", PgNotifyConnectionDetails.class, () -> own)
				.run((context) -> {
					assertThat(context).hasNotFailed().getBean(PgNotifyConnectionDetails.class).isSameAs(own);
					assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
						.hasStackTraceContaining("own.invalid");
				});
		}

	}

	@Nested
	class ChoiceOfDataSource {

		@Test
		void theSingleOne() {
			PgNotifyAutoConfigurationTests.this.runner.withUserConfiguration(Orders.class)
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("orders.invalid"));
		}

		@Test
		void thePrimaryOne() {
			PgNotifyAutoConfigurationTests.this.runner
				.withUserConfiguration(Orders.class, Customers.class, PrimaryReports.class)
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("reports.invalid"));
		}

		@Test
		void theMarkedOneThoughAnotherIsPrimary() {
			PgNotifyAutoConfigurationTests.this.runner
				.withUserConfiguration(Orders.class, PrimaryReports.class, MarkedMessages.class)
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("messages.invalid"));
		}

		@Test
		void theMarkedOneThoughItIsNoDefaultCandidate() {
			PgNotifyAutoConfigurationTests.this.runner
				.withUserConfiguration(Orders.class, Customers.class, MarkedAside.class)
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("aside.invalid"));
		}

		@Test
		void noneIsRefused() {
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(PgNotifyAutoConfiguration.class))
				.run((context) -> assertRefused(context, "pgnotify needs a DataSource, and the application has none.",
						"Set spring.datasource.url (jdbc:postgresql://host:5432/database), define a DataSource bean, or "
								+ "switch pgnotify off with pgnotify.enabled=false."));
		}

		@Test
		void severalAreRefusedByName() {
			PgNotifyAutoConfigurationTests.this.runner.withUserConfiguration(Orders.class, Customers.class)
				.run((context) -> assertRefused(context,
						"pgnotify cannot choose between the DataSources customers, orders.",
						"Mark the one it is to use with @PgNotifyDataSource, or make one @Primary."));
		}

		@Test
		void severalAreRefusedWhateverTheirNames() {
			PgNotifyAutoConfigurationTests.this.runner.withUserConfiguration(Orders.class)
				.withBean("all", DataSource.class, () -> dataSource("all"))
				.withBean("dataSource", DataSource.class, () -> dataSource("dataSource"))
				.run((context) -> assertRefused(context,
						"pgnotify cannot choose between the DataSources all, dataSource, orders.",
						"Mark the one it is to use with @PgNotifyDataSource, or make one @Primary."));
		}

		@Test
		void severalMarkedAreRefusedByName() {
			PgNotifyAutoConfigurationTests.this.runner.withUserConfiguration(MarkedMessages.class, MarkedEvents.class)
				.run((context) -> assertRefused(context,
						"Several DataSources are marked @PgNotifyDataSource: events, messages.",
						"Mark one of them only."));
		}

		@Test
		void onlyOneThatIsNotForInjectionIsRefused() {
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(PgNotifyAutoConfiguration.class))
				.withUserConfiguration(Aside.class)
				.run((context) -> assertRefused(context,
						"pgnotify may not use the DataSource hidden: it is no default candidate for injection.",
						"Mark it with @PgNotifyDataSource."));
		}

		@Test
		void aRoutingOneIsRefused() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, RoutingDataSource::new)
				.run((context) -> assertRefused(context,
						"pgnotify cannot listen through a routing DataSource (" + RoutingDataSource.class.getName()
								+ "): it has no one database.",
						"Mark the DataSource of the database to listen on with @PgNotifyDataSource, or set "
								+ "pgnotify.datasource.url, username and password."));
		}

		@Test
		void aRoutingOneIsRefusedBehindAPool() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, () -> {
				HikariDataSource pool = new HikariDataSource();
				pool.setDataSource(new RoutingDataSource());
				return new LazyConnectionDataSourceProxy(pool);
			})
				.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessageStartingWith("pgnotify cannot listen through a routing DataSource"));
		}

		@Test
		void aRoutingOneIsFineIfAnotherIsMarked() {
			PgNotifyAutoConfigurationTests.this.runner.withBean("routing", DataSource.class, RoutingDataSource::new)
				.withUserConfiguration(MarkedMessages.class)
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("messages.invalid"));
		}

		@Test
		void aRoutingOneIsFineIfTheListeningConnectionHasAnAddress() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, RoutingDataSource::new)
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://direct.invalid/app",
						"pgnotify.datasource.username=listener")
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("direct.invalid"));
		}

	}

	@Nested
	class Derivation {

		@ParameterizedTest
		@ValueSource(strings = { "jdbc:h2:mem:secret", "jdbc:mysql://user:secret@host/db",
				"jdbc:p6spy:postgresql://secret" })
		void anotherDatabaseIsRefusedWithoutItsUrl(String url) {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, () -> {
				HikariDataSource pool = new HikariDataSource();
				pool.setJdbcUrl(url);
				return pool;
			}).run((context) -> {
				String scheme = url.substring(0, url.indexOf(':', 5) + 1);
				assertRefused(context, "The database for pgnotify is not PostgreSQL: its URL begins '" + scheme + "'.",
						"Point the DataSource to PostgreSQL (jdbc:postgresql://host:5432/database), give pgnotify an "
								+ "address of its own with pgnotify.datasource.url, mark another DataSource with "
								+ "@PgNotifyDataSource, or switch pgnotify off with pgnotify.enabled=false.");
			});
		}

		@Test
		void theEmbeddedDatabaseIsRefused() {
			PgNotifyAutoConfigurationTests.this.runner
				.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessage("The database for pgnotify is not PostgreSQL: its URL begins 'jdbc:h2:'."));
		}

		@ParameterizedTest
		@ValueSource(strings = { "postgres://user:secret@host/db", "postgresql", "jdbc:postgresql" })
		void whatIsNoJdbcUrlIsRefusedWithoutRepeatingIt(String url) {
			PgNotifyAutoConfigurationTests.this.postgres
				.withPropertyValues("pgnotify.datasource.url=" + url, "pgnotify.datasource.username=listener")
				.run((context) -> {
					assertThat(startupExceptionIn(context.getStartupFailure()))
						.hasMessageStartingWith("The database for pgnotify is not PostgreSQL: its URL begins '");
					assertThat(context.getStartupFailure()).message().doesNotContain("user", "secret");
				});
		}

		@Test
		void aDataSourceThatDoesNotTellItsAddressIsRefused() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, OpaqueDataSource::new)
				.run((context) -> assertRefused(context,
						"pgnotify keeps a connection of its own and cannot tell how a DataSource of type "
								+ OpaqueDataSource.class.getName() + " connects.",
						"Set pgnotify.datasource.url, username and password, or define a PgListenerConnectionSource bean "
								+ "that opens a connection."));
		}

		@Test
		void aPoolAroundADataSourceThatDoesNotTellItsAddressIsRefused() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, () -> {
				HikariDataSource pool = new HikariDataSource();
				pool.setDataSource(new OpaqueDataSource());
				return pool;
			})
				.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessageContaining(OpaqueDataSource.class.getName()));
		}

		@Test
		void aPoolThatIsNotSetUpIsRefused() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, HikariDataSource::new)
				.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessageContaining("cannot tell how a DataSource of type com.zaxxer.hikari.HikariDataSource"));
		}

		@Test
		void aPoolOfAClassThatIsNotThereIsRefused() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, () -> {
				HikariDataSource pool = new HikariDataSource();
				pool.setDataSourceClassName("org.example.Absent");
				return pool;
			})
				.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessageContaining("cannot tell how a DataSource of type com.zaxxer.hikari.HikariDataSource"));
		}

		@Test
		void isNotTriedIfTheUserOpensTheConnections() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, OpaqueDataSource::new)
				.withBean(PgListenerConnectionSource.class, NoConnections::new)
				.run((context) -> assertThat(context).hasNotFailed()
					.hasSingleBean(PgNotifyTemplate.class)
					.hasSingleBean(PgListenerContainer.class));
		}

		@Test
		void isNotTriedIfTheListeningConnectionHasAddressAndRole() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, OpaqueDataSource::new)
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://direct.invalid/app?user=listener")
				.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
					.hasStackTraceContaining("direct.invalid"));
		}

		@Test
		void isTriedIfTheListeningConnectionHasNoRole() {
			PgNotifyAutoConfigurationTests.this.runner.withBean(DataSource.class, OpaqueDataSource::new)
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://direct.invalid/app")
				.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessageContaining(OpaqueDataSource.class.getName()));
		}

	}

	@Nested
	class Properties {

		private static final Set<Class<?>> GROUPS = Set.of(PgNotifyProperties.Datasource.class,
				PgNotifyProperties.Listener.class, PgNotifyProperties.Reconnect.class, PgNotifyProperties.Queue.class,
				PgNotifyProperties.Flyway.class, PgNotifyProperties.Capacity.class, PgNotifyProperties.Retry.class);

		@Test
		void haveDefaults() {
			new ApplicationContextRunner().withUserConfiguration(PropertiesOnly.class).run((context) -> {
				PgNotifyProperties properties = context.getBean(PgNotifyProperties.class);
				assertThat(properties.enabled()).isTrue();
				assertThat(properties.schema()).isEqualTo("queue");
				assertThat(properties.datasource()).isEqualTo(new PgNotifyProperties.Datasource(null, null, null));
				assertThat(properties.listener())
					.isEqualTo(new PgNotifyProperties.Listener(true, StartupFailurePolicy.FAIL, Duration.ofSeconds(30),
							Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(5),
							true, Duration.ofSeconds(20), null, Duration.ofSeconds(30),
							new PgNotifyProperties.Reconnect(Duration.ofMillis(100), Duration.ofMillis(1500)),
							new PgNotifyProperties.Capacity(10_000, DataSize.ofMegabytes(16), Overflow.DROP_OLDEST),
							new PgNotifyProperties.Retry(0, Duration.ofMillis(100), 2, Duration.ofSeconds(10))));
				assertThat(properties.queue())
					.isEqualTo(new PgNotifyProperties.Queue(true, false, Duration.ofSeconds(30), Duration.ofSeconds(5),
							new PgNotifyProperties.Prefetch(100, DataSize.ofMegabytes(8)),
							new PgNotifyProperties.QueueRetry(9, Duration.ofSeconds(1), 2, Duration.ofMinutes(5),
									Duration.ofMillis(500)),
							Duration.ofDays(7), Duration.ofDays(30), Duration.ofSeconds(20)));
				assertThat(properties.flyway()).isEqualTo(new PgNotifyProperties.Flyway(true, null, null, null));
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
						"pgnotify.flyway.user=fn", "pgnotify.flyway.password=fp")
				.run((context) -> assertThat(context.getBean(PgNotifyProperties.class))
					.isEqualTo(new PgNotifyProperties(false, "My Schema",
							new PgNotifyProperties.Datasource("u", "n", "p"),
							new PgNotifyProperties.Listener(false, StartupFailurePolicy.RETRY, Duration.ofSeconds(1),
									Duration.ofMinutes(2), Duration.ofSeconds(6), Duration.ofSeconds(7),
									Duration.ofMillis(300), false, Duration.ZERO, Duration.ofSeconds(8),
									Duration.ofSeconds(9),
									new PgNotifyProperties.Reconnect(Duration.ofSeconds(4), Duration.ofSeconds(5)),
									new PgNotifyProperties.Capacity(10, DataSize.ofKilobytes(11), Overflow.DROP_NEWEST),
									new PgNotifyProperties.Retry(12, Duration.ofSeconds(13), 1.4,
											Duration.ofSeconds(15))),
							new PgNotifyProperties.Queue(false, true, Duration.ofSeconds(16), Duration.ofSeconds(17),
									new PgNotifyProperties.Prefetch(18, DataSize.ofKilobytes(19)),
									new PgNotifyProperties.QueueRetry(20, Duration.ofSeconds(21), 2.2,
											Duration.ofSeconds(23), Duration.ofSeconds(24)),
									Duration.ofDays(25), Duration.ofDays(26), Duration.ofSeconds(27)),
							new PgNotifyProperties.Flyway(false, "fu", "fn", "fp"))));
		}

		@Test
		void emptyAddressesAndRolesAreNotSet() {
			new ApplicationContextRunner().withUserConfiguration(PropertiesOnly.class)
				.withPropertyValues("pgnotify.datasource.url=", "pgnotify.datasource.username=", "pgnotify.flyway.url=",
						"pgnotify.flyway.user=")
				.run((context) -> {
					PgNotifyProperties properties = context.getBean(PgNotifyProperties.class);
					assertThat(properties.datasource()).isEqualTo(new PgNotifyProperties.Datasource(null, null, null));
					assertThat(properties.flyway()).isEqualTo(new PgNotifyProperties.Flyway(true, null, null, null));
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
			PgNotifyAutoConfigurationTests.this.postgres
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
			assertThat(metadata("properties")).containsOnlyKeys(names("pgnotify", PgNotifyProperties.class))
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
				String name = prefix + "." + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase();
				if (GROUPS.contains(component.getType())) {
					names.addAll(List.of(names(name, component.getType())));
				}
				else {
					names.add(name);
				}
			}
			return names.toArray(String[]::new);
		}

	}

	private static void assertRefused(AssertableApplicationContext context, String description, String action) {
		assertThat(context).hasFailed();
		PgNotifyStartupException refusal = startupExceptionIn(context.getStartupFailure());
		assertThat(refusal).hasMessage(description);
		assertThat(refusal.getAction()).isEqualTo(action);
	}

	private static PgNotifyStartupException startupExceptionIn(@Nullable Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof PgNotifyStartupException startupException) {
				return startupException;
			}
		}
		throw new AssertionError("There is no PgNotifyStartupException", failure);
	}

	private static Throwable failureOf(PgListenerConnectionSource source) {
		try (Connection connection = source.open()) {
			throw new AssertionError("Connected to " + connection);
		}
		catch (SQLException ex) {
			return NestedExceptionUtils.getMostSpecificCause(ex);
		}
	}

	private static PgListenerContainer container() {
		return new PgListenerContainer(new SilentSource(), null, Runnable::run,
				new PgListenerContainerSettings(false, Duration.ZERO, null, Duration.ofSeconds(30),
						new PgListenerContainerSettings.Capacity(1, DataSize.ofBytes(1), Overflow.DROP_OLDEST), null));
	}

	private static DataSource dataSource(String host) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:postgresql://" + host + ".invalid/app");
		return pool;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(PgNotifyProperties.class)
	static class PropertiesOnly {

	}

	@Configuration(proxyBeanMethods = false)
	static class Orders {

		@Bean
		DataSource orders() {
			return dataSource("orders");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Customers {

		@Bean
		DataSource customers() {
			return dataSource("customers");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrimaryReports {

		@Bean
		@Primary
		DataSource reports() {
			return dataSource("reports");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MarkedMessages {

		@Bean
		@PgNotifyDataSource
		DataSource messages() {
			return dataSource("messages");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MarkedEvents {

		@Bean
		@PgNotifyDataSource
		DataSource events() {
			return dataSource("events");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MarkedAside {

		@Bean(defaultCandidate = false)
		@PgNotifyDataSource
		DataSource aside() {
			return dataSource("aside");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Aside {

		@Bean(defaultCandidate = false)
		DataSource hidden() {
			return dataSource("hidden");
		}

	}

	static class ImpossibleListener {

		@PgListener("channel")
		String listen() {
			return "nobody waits for it";
		}

	}

	static class RoutingDataSource extends AbstractRoutingDataSource {

		@Override
		public void afterPropertiesSet() {
		}

		@Override
		protected Object determineCurrentLookupKey() {
			return "tenant";
		}

	}

	static class OpaqueDataSource extends AbstractDataSource {

		@Override
		public Connection getConnection() throws SQLException {
			throw new SQLFeatureNotSupportedException();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

	static class NoConnections implements PgListenerConnectionSource {

		@Override
		public Connection open() throws SQLException {
			throw new SQLFeatureNotSupportedException();
		}

	}

	static class SilentSource implements NotificationSource {

		@Override
		public void start(Sink sink) {
		}

		@Override
		public CompletableFuture<Void> listen(Set<ChannelName> channels) {
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public void stop() {
		}

		@Override
		public ListeningStatus status() {
			return new ListeningStatus(ListeningStatus.State.DOWN, Instant.EPOCH, null, null, 0, 0, 0, null);
		}

	}

	static class OwnMessageStore implements MessageStore {

		@Override
		public StoredMessage store(Connection connection, ChannelName channel, @Nullable String data,
				boolean announce) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Optional<String> findData(long id, ChannelName channel) {
			return Optional.empty();
		}

		@Override
		public UUID keepPayload(Connection connection, ChannelName channel, String text) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Optional<String> findPayload(UUID ref, ChannelName channel) {
			return Optional.empty();
		}

	}

}
