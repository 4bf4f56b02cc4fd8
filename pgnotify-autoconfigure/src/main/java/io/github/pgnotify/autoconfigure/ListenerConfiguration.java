package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.listener.PgListenerAnnotationBeanPostProcessor;
import io.github.pgnotify.listener.PgListenerContainer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Listening: the container, and the methods it calls.
 */
@Configuration(proxyBeanMethods = false)
class ListenerConfiguration {

	static final String CONTAINER = "pgListenerContainer";

	@Bean
	@ConditionalOnMissingBean
	static PgListenerAnnotationBeanPostProcessor pgListenerAnnotationBeanPostProcessor() {
		return new PgListenerAnnotationBeanPostProcessor();
	}

	/** A lazy bean would never be asked for, and its listeners never heard. */
	@Bean
	static LazyInitializationExcludeFilter pgListenerLazyInitializationExcludeFilter() {
		return (beanName, beanDefinition, beanType) -> PgListenerContainer.class.isAssignableFrom(beanType)
				|| PgListenerAnnotationBeanPostProcessor.hasListeners(beanType);
	}

	@Bean
	@ConditionalOnMissingBean
	PgListenerContainerFactory pgListenerContainerFactory(PgNotifyProperties properties, Environment environment,
			DirectDataSourceDeriver deriver) {
		return new PgListenerContainerFactory(properties.listener(), environment, deriver);
	}

	@Bean
	@ConditionalOnMissingBean
	PgListenerConnectionSource pgListenerConnectionSource(PgListenerContainerFactory factory,
			PgNotifyDatabase database) {
		return factory.connections(database.direct());
	}

	@Bean(CONTAINER)
	@ConditionalOnMissingBean(name = CONTAINER)
	@DependsOnDatabaseInitialization
	PgListenerContainer pgListenerContainer(PgListenerContainerFactory factory, PgListenerConnectionSource source,
			ObjectProvider<MessageStore> messageStore) {
		return factory.create("1", source, messageStore.getIfAvailable());
	}

}
