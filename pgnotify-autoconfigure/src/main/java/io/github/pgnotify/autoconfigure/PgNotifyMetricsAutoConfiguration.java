package io.github.pgnotify.autoconfigure;

import java.util.Map;

import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.queue.QueueConsumers;
import io.github.pgnotify.queue.QueueStore;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the meters of listening and of the queue, where Micrometer is and
 * Spring Boot has a registry for it. A meter filter, or
 * {@code management.metrics.enable.pgnotify=false}, switches them off.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PgNotifyAutoConfiguration.class,
		afterName = { "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ MeterRegistry.class, PgListenerContainer.class })
public final class PgNotifyMetricsAutoConfiguration {

	PgNotifyMetricsAutoConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean
	PgListenerMetrics pgListenerMetrics(Map<String, PgListenerContainer> containers) {
		return new PgListenerMetrics(containers);
	}

	@Bean
	@ConditionalOnMissingBean
	PgQueueMetrics pgQueueMetrics(ObjectProvider<QueueStore> store, ObjectProvider<QueueConsumers> consumers) {
		return new PgQueueMetrics(store.getIfAvailable(), consumers.getIfAvailable());
	}

}
