package io.github.pgnotify.autoconfigure;

import java.lang.management.ManagementFactory;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotificationListener;
import io.github.pgnotify.queue.PgQueueAdmin;
import io.github.pgnotify.queue.QueueConsumers;
import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.queue.QueueSettings;
import io.github.pgnotify.queue.QueueStore;
import io.github.pgnotify.queue.WakeUpSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.retry.RetryPolicy;
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
	PgNotifySchemaInitializer pgNotifySchemaInitializer(SchemaConnections connections, PgNotifyProperties properties) {
		return new PgNotifySchemaInitializer(new QueueSchema(connections.dataSource(), properties.schema()),
				connections.dataSource(), properties.flyway(), connections.users());
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

}
