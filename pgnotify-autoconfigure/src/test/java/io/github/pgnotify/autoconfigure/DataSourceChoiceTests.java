package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotifyStartupException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which of several DataSources pgnotify connects like, and how it refuses to guess. Needs
 * no database: nothing is stored and nobody listens.
 */
class DataSourceChoiceTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class,
				PgNotifyAutoConfiguration.class))
		.withPropertyValues("pgnotify.queue.enabled=false");

	@Test
	void theSingleOne() {
		this.runner.withUserConfiguration(Orders.class)
			.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
				.hasStackTraceContaining("orders.invalid"));
	}

	@Test
	void thePrimaryOne() {
		this.runner.withUserConfiguration(Orders.class, Customers.class, PrimaryReports.class)
			.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
				.hasStackTraceContaining("reports.invalid"));
	}

	@Test
	void theMarkedOneThoughAnotherIsPrimary() {
		this.runner.withUserConfiguration(Orders.class, PrimaryReports.class, MarkedMessages.class)
			.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
				.hasStackTraceContaining("messages.invalid"));
	}

	@Test
	void theMarkedOneThoughItIsNoDefaultCandidate() {
		this.runner.withUserConfiguration(Orders.class, Customers.class, MarkedAside.class)
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
		this.runner.withUserConfiguration(Orders.class, Customers.class)
			.run((context) -> assertRefused(context,
					"pgnotify cannot choose between the DataSources customers, orders.",
					"Mark the one it is to use with @PgNotifyDataSource, or make one @Primary."));
	}

	@Test
	void severalAreRefusedWhateverTheirNames() {
		this.runner.withUserConfiguration(Orders.class)
			.withBean("all", DataSource.class, () -> dataSource("all"))
			.withBean("dataSource", DataSource.class, () -> dataSource("dataSource"))
			.run((context) -> assertRefused(context,
					"pgnotify cannot choose between the DataSources all, dataSource, orders.",
					"Mark the one it is to use with @PgNotifyDataSource, or make one @Primary."));
	}

	@Test
	void severalMarkedAreRefusedByName() {
		this.runner.withUserConfiguration(MarkedMessages.class, MarkedEvents.class)
			.run((context) -> assertRefused(context,
					"Several DataSources are marked @PgNotifyDataSource: events, messages.", "Mark one of them only."));
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
		this.runner.withBean(DataSource.class, RoutingDataSource::new)
			.run((context) -> assertRefused(context,
					"pgnotify cannot listen through a routing DataSource (" + RoutingDataSource.class.getName()
							+ "): it has no one database.",
					"Mark the DataSource of the database to listen on with @PgNotifyDataSource, or set "
							+ "pgnotify.datasource.url, username and password."));
	}

	@Test
	void aRoutingOneIsRefusedBehindAPool() {
		this.runner.withBean(DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setDataSource(new RoutingDataSource());
			return new LazyConnectionDataSourceProxy(pool);
		})
			.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
				.hasMessageStartingWith("pgnotify cannot listen through a routing DataSource"));
	}

	@Test
	void aRoutingOneIsFineIfAnotherIsMarked() {
		this.runner.withBean("routing", DataSource.class, RoutingDataSource::new)
			.withUserConfiguration(MarkedMessages.class)
			.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
				.hasStackTraceContaining("messages.invalid"));
	}

	@Test
	void aRoutingOneIsFineIfTheListeningConnectionHasAnAddress() {
		this.runner.withBean(DataSource.class, RoutingDataSource::new)
			.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://direct.invalid/app",
					"pgnotify.datasource.username=listener")
			.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
				.hasStackTraceContaining("direct.invalid"));
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

	private static DataSource dataSource(String host) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:postgresql://" + host + ".invalid/app");
		return pool;
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

	static class RoutingDataSource extends AbstractRoutingDataSource {

		@Override
		public void afterPropertiesSet() {
		}

		@Override
		protected Object determineCurrentLookupKey() {
			return "tenant";
		}

	}

}
