package io.github.pgnotify.autoconfigure;

import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotificationListener;
import io.github.pgnotify.autoconfigure.PgListenerContainerFactory.DerivedConnectionSource;
import io.github.pgnotify.autoconfigure.PgNotifySchemaInitializer.ConnectionOpener;
import io.github.pgnotify.queue.PgQueueAdmin;
import io.github.pgnotify.queue.QueueConsumers;
import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.queue.QueueSettings;
import io.github.pgnotify.queue.QueueStore;
import io.github.pgnotify.queue.WakeUpSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.flyway.autoconfigure.FlywayDataSource;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.function.SingletonSupplier;

/**
 * Stored messages and their schema.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "pgnotify.queue.enabled", matchIfMissing = true)
class QueueConfiguration {

	@Bean
	@ConditionalOnMissingBean(MessageStore.class)
	@DependsOnDatabaseInitialization
	QueueStore pgNotifyMessageStore(PgNotifyDatabase database, PgNotifyProperties properties,
			ObjectProvider<QueueConsumers> consumers) {
		// Asked for late: consumers hear wake-ups over a container that reads from the
		// store
		SingletonSupplier<QueueConsumers> hearing = SingletonSupplier.ofNullable(consumers::getIfAvailable);
		return new QueueStore(database.pooled(), properties.schema(), (channels) -> {
			QueueConsumers found = hearing.get();
			if (found != null) {
				found.stored(channels);
			}
		});
	}

	@Bean
	@ConditionalOnMissingBean(GroupConsumers.class)
	@DependsOnDatabaseInitialization
	QueueConsumers pgNotifyGroupConsumers(PgNotifyDatabase database, PgListenerConnectionSource source,
			PgNotifyProperties properties, ObjectProvider<PlatformTransactionManager> transactionManagers,
			@Qualifier(ListenerConfiguration.CONTAINER) ObjectProvider<PgListenerRegistry> registry,
			PgListenerContainerFactory containers) {
		return new QueueConsumers(database.pooled(), source, properties.schema(), settings(properties.queue()),
				transactionManagers, new RegistryWakeUpSource(registry), containers.executor());
	}

	@Bean
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	PgQueueAdmin pgQueueAdmin(PgNotifyDatabase database, PgNotifyProperties properties,
			ObjectProvider<QueueConsumers> consumers) {
		return new PgQueueAdmin(database.pooled(), properties.schema(),
				(channels) -> consumers.ifAvailable((awake) -> awake.stored(channels)));
	}

	@Bean
	PgNotifySchemaInitializer pgNotifySchemaInitializer(PgNotifyDatabase database, PgNotifyProperties properties,
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
		return new PgNotifySchemaInitializer(new QueueSchema(dataSource, properties.schema()), dataSource,
				properties.flyway(), others);
	}

	private static QueueSettings settings(PgNotifyProperties.Queue queue) {
		PgNotifyProperties.QueueRetry retry = queue.retry();
		RetryPolicy retryPolicy = RetryPolicy.builder()
			.maxRetries(retry.maxRetries())
			.delay(retry.delay())
			.multiplier(retry.multiplier())
			.maxDelay(retry.maxDelay())
			.jitter(retry.jitter())
			.build();
		return new QueueSettings(ManagementFactory.getRuntimeMXBean().getName(), queue.lease(), queue.pollInterval(),
				queue.prefetch().messages(), queue.prefetch().bytes(), retryPolicy, queue.retention(),
				queue.deadLetterRetention(), queue.shutdownGrace());
	}

	/**
	 * Hears wake-ups over the connection of the live listeners.
	 */
	private record RegistryWakeUpSource(ObjectProvider<PgListenerRegistry> registry) implements WakeUpSource {

		private static final String SUBSCRIBER = "pgnotify.queue";

		@Override
		public void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap) {
			this.registry.getObject().subscribe(SUBSCRIBER, channel, new PgNotificationListener() {

				@Override
				public void onNotification(PgNotification notification) {
					wakeUp.accept(notification);
				}

				@Override
				public void onGap(PgGap missed) {
					gap.run();
				}

			});
		}

		@Override
		public boolean isHearing() {
			return this.registry.getObject().status().isListening();
		}

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
