package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.queue.QueueConsumers;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.CompositeHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the health of listening and of the durable queue,
 * {@code pgnotify} in the health endpoint;
 * {@code management.health.pgnotify.enabled=false} switches it off.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PgNotifyAutoConfiguration.class)
@ConditionalOnClass({ HealthContributor.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(PgListenerContainer.class)
@ConditionalOnEnabledHealthIndicator("pgnotify")
public final class PgNotifyHealthContributorAutoConfiguration
		extends CompositeHealthContributorConfiguration<PgListenerHealthIndicator, PgListenerContainer> {

	PgNotifyHealthContributorAutoConfiguration(
			@Qualifier(ListenerConfiguration.CONTAINER) ObjectProvider<PgListenerRegistry> registry,
			ObjectProvider<QueueConsumers> queue) {
		super((container) -> new PgListenerHealthIndicator(container,
				(registry.getIfAvailable() == container) ? queue.getIfAvailable() : null));
	}

	@Bean
	@ConditionalOnMissingBean(name = { "pgnotifyHealthIndicator", "pgnotifyHealthContributor" })
	HealthContributor pgnotifyHealthContributor(ConfigurableListableBeanFactory beanFactory) {
		return createContributor(beanFactory, PgListenerContainer.class);
	}

}
