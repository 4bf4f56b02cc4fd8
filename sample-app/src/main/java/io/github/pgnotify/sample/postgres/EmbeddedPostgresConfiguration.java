package io.github.pgnotify.sample.postgres;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Starts a PostgreSQL if no {@code spring.datasource.url} is given.
 * <p>
 * Only the address is handed on, as connection details; the DataSource stays Spring
 * Boot's. As it is made from that address, Spring closes it, and whatever uses it, before
 * the server.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(EmbeddedPostgresConfiguration.NoDatabaseGiven.class)
@EnableConfigurationProperties(EmbeddedPostgresProperties.class)
public class EmbeddedPostgresConfiguration {

	@Bean(destroyMethod = "close")
	EmbeddedPostgresServer embeddedPostgresServer(EmbeddedPostgresProperties properties) {
		String data = properties.dataDirectory();
		return EmbeddedPostgresServer.start(PostgresDirectories.of((data != null) ? Path.of(data) : null));
	}

	@Bean
	EmbeddedPostgresConnectionDetails embeddedPostgresConnectionDetails(EmbeddedPostgresServer server) {
		return new EmbeddedPostgresConnectionDetails(server);
	}

	static class EmbeddedPostgresConnectionDetails implements JdbcConnectionDetails {

		private final EmbeddedPostgresServer server;

		EmbeddedPostgresConnectionDetails(EmbeddedPostgresServer server) {
			this.server = server;
		}

		@Override
		public String getJdbcUrl() {
			return this.server.jdbcUrl();
		}

		@Override
		public String getUsername() {
			return EmbeddedPostgresServer.USER;
		}

		@Override
		public @Nullable String getPassword() {
			return null;
		}

	}

	static class NoDatabaseGiven extends NoneNestedConditions {

		NoDatabaseGiven() {
			super(ConfigurationPhase.PARSE_CONFIGURATION);
		}

		@ConditionalOnProperty("spring.datasource.url")
		static class UrlGiven {

		}

	}

}
