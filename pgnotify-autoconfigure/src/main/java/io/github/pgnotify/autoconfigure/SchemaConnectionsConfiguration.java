package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.autoconfigure.PgListenerContainerFactory.DerivedConnectionSource;
import io.github.pgnotify.autoconfigure.PgNotifySchemaInitializer.ConnectionOpener;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.flyway.autoconfigure.FlywayDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * As whom tables, functions and triggers are created.
 */
@Configuration(proxyBeanMethods = false)
class SchemaConnectionsConfiguration {

	@Bean
	SchemaConnections pgNotifySchemaConnections(PgNotifyDatabase database, PgNotifyProperties properties,
			PgListenerConnectionSource source, PgNotifyConnectionDetails listening, DirectDataSourceDeriver deriver,
			ObjectProvider<MigrationDataSource> migrationDataSource) {
		PgNotifyConnectionDetails details = PropertiesPgNotifyConnectionDetails.of(properties.flyway());
		DataSource migrating = migrationDataSource.stream().findFirst().map(MigrationDataSource::find).orElse(null);
		DataSource dataSource;
		// Whose role is another one than that of the schema; the pool is not filled in
		// vain
		List<ConnectionOpener> others = new ArrayList<>();
		if (details.getUrl() != null || details.getUsername() != null || migrating != null) {
			dataSource = deriver.derive(details,
					() -> (migrating != null) ? deriver.derive(migrating) : database.direct());
			others.add(source::open);
		}
		else {
			dataSource = new UnpooledDataSource(source);
		}
		if (!others.isEmpty() || listening.getUsername() != null || !(source instanceof DerivedConnectionSource)) {
			others.add(database.pooled()::getConnection);
		}
		return new SchemaConnections(dataSource, others);
	}

	/**
	 * Finds the DataSource of the role that runs the application's own migrations.
	 */
	@FunctionalInterface
	interface MigrationDataSource {

		@Nullable DataSource find();

	}

	/**
	 * Honours {@code @FlywayDataSource} where Boot's Flyway module is present.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(FlywayDataSource.class)
	static class FlywayDataSourceConfiguration {

		@Bean
		MigrationDataSource pgNotifyMigrationDataSource(@FlywayDataSource ObjectProvider<DataSource> dataSource) {
			return dataSource::getIfAvailable;
		}

	}

	/**
	 * Makes a DataSource of what opens the listening connection.
	 */
	private static final class UnpooledDataSource extends AbstractDataSource {

		private final PgListenerConnectionSource source;

		UnpooledDataSource(PgListenerConnectionSource source) {
			this.source = source;
		}

		@Override
		public Connection getConnection() throws SQLException {
			Connection connection = this.source.open();
			// A migration may take longer than anything a listening connection does
			connection.setNetworkTimeout(Runnable::run, 0);
			return connection;
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			throw new SQLFeatureNotSupportedException("Connections are opened as one role only");
		}

	}

}
