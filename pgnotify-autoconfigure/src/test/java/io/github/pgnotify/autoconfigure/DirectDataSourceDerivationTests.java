package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Set;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.listener.PgListenerContainer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How pgnotify finds out from a DataSource where to connect, and how it refuses when it
 * cannot. Needs no database: nothing is stored and nobody listens.
 */
class DirectDataSourceDerivationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class,
				PgNotifyAutoConfiguration.class))
		.withPropertyValues("pgnotify.queue.enabled=false");

	private final ApplicationContextRunner postgres = this.runner
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://nowhere.invalid/app");

	@ParameterizedTest
	@ValueSource(
			strings = { "jdbc:h2:mem:secret", "jdbc:mysql://user:secret@host/db", "jdbc:p6spy:postgresql://secret" })
	void anotherDatabaseIsRefusedWithoutItsUrl(String url) {
		this.runner.withBean(DataSource.class, () -> {
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
		this.runner.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
			.hasMessage("The database for pgnotify is not PostgreSQL: its URL begins 'jdbc:h2:'."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgres://user:secret@host/db", "postgresql", "jdbc:postgresql" })
	void whatIsNoJdbcUrlIsRefusedWithoutRepeatingIt(String url) {
		this.postgres.withPropertyValues("pgnotify.datasource.url=" + url, "pgnotify.datasource.username=listener")
			.run((context) -> {
				assertThat(startupExceptionIn(context.getStartupFailure()))
					.hasMessageStartingWith("The database for pgnotify is not PostgreSQL: its URL begins '");
				assertThat(context.getStartupFailure()).message().doesNotContain("user", "secret");
			});
	}

	@Test
	void aDataSourceThatDoesNotTellItsAddressIsRefused() {
		this.runner.withBean(DataSource.class, OpaqueDataSource::new)
			.run((context) -> assertRefused(context,
					"pgnotify keeps a connection of its own and cannot tell how a DataSource of type "
							+ OpaqueDataSource.class.getName() + " connects.",
					"Set pgnotify.datasource.url, username and password, or define a PgListenerConnectionSource bean "
							+ "that opens a connection."));
	}

	@Test
	void aPoolAroundADataSourceThatDoesNotTellItsAddressIsRefused() {
		this.runner.withBean(DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setDataSource(new OpaqueDataSource());
			return pool;
		})
			.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
				.hasMessageContaining(OpaqueDataSource.class.getName()));
	}

	@Test
	void aPoolThatIsNotSetUpIsRefused() {
		this.runner.withBean(DataSource.class, HikariDataSource::new)
			.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
				.hasMessageContaining("cannot tell how a DataSource of type com.zaxxer.hikari.HikariDataSource"));
	}

	@Test
	void aPoolOfAClassThatIsNotThereIsRefused() {
		this.runner.withBean(DataSource.class, () -> {
			HikariDataSource pool = new HikariDataSource();
			pool.setDataSourceClassName("org.example.Absent");
			return pool;
		})
			.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
				.hasMessageContaining("cannot tell how a DataSource of type com.zaxxer.hikari.HikariDataSource"));
	}

	@Test
	void isNotTriedIfTheUserOpensTheConnections() {
		this.runner.withBean(DataSource.class, OpaqueDataSource::new)
			.withBean(PgListenerConnectionSource.class, NoConnections::new)
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(PgNotifyTemplate.class)
				.hasSingleBean(PgListenerContainer.class));
	}

	@Test
	void isNotTriedIfTheListeningConnectionHasAddressAndRole() {
		this.runner.withBean(DataSource.class, OpaqueDataSource::new)
			.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://direct.invalid/app?user=listener")
			.run((context) -> assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
				.hasStackTraceContaining("direct.invalid"));
	}

	@Test
	void isTriedIfTheListeningConnectionHasNoRole() {
		this.runner.withBean(DataSource.class, OpaqueDataSource::new)
			.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://direct.invalid/app")
			.run((context) -> assertThat(startupExceptionIn(context.getStartupFailure()))
				.hasMessageContaining(OpaqueDataSource.class.getName()));
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

}
