package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

import javax.sql.DataSource;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.queue.QueueStore;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.flyway.autoconfigure.FlywayDataSource;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Stored messages and their schema.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "pgnotify.queue.enabled", matchIfMissing = true)
class QueueConfiguration {

	@Bean
	@ConditionalOnMissingBean(MessageStore.class)
	@DependsOnDatabaseInitialization
	QueueStore pgNotifyMessageStore(PgNotifyDatabase database, PgNotifyProperties properties) {
		return new QueueStore(database.pooled(), properties.schema());
	}

	@Bean
	PgNotifySchemaInitializer pgNotifySchemaInitializer(PgNotifyDatabase database, PgNotifyProperties properties,
			PgListenerConnectionSource source, DirectDataSourceDeriver deriver,
			ObjectProvider<MigrationDataSource> migrationDataSource) {
		PgNotifyConnectionDetails details = PropertiesPgNotifyConnectionDetails.of(properties.flyway());
		DataSource migrating = migrationDataSource.stream().findFirst().map(MigrationDataSource::find).orElse(null);
		DataSource dataSource;
		if (details.getUrl() != null || details.getUsername() != null || migrating != null) {
			dataSource = deriver.derive(details,
					() -> (migrating != null) ? deriver.derive(migrating) : database.direct());
		}
		else {
			dataSource = new UnpooledDataSource(source);
		}
		return new PgNotifySchemaInitializer(new QueueSchema(dataSource, properties.schema()), dataSource,
				properties.flyway().enabled());
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
