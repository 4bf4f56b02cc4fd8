package io.github.pgnotify.autoconfigure;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.connection.ListeningConnection;
import io.github.pgnotify.connection.ListeningSettings;
import io.github.pgnotify.lifecycle.Backoff;
import io.github.pgnotify.listener.PgListenerAnnotationBeanPostProcessor;
import io.github.pgnotify.listener.PgListenerContainer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnThreading;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Listening: the container, and the methods it calls.
 */
@Configuration(proxyBeanMethods = false)
class ListenerConfiguration {

	private static final String CONTAINER = "pgListenerContainer";

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

	@Bean(CONTAINER)
	@ConditionalOnMissingBean(name = CONTAINER)
	@ConditionalOnThreading(Threading.PLATFORM)
	@DependsOnDatabaseInitialization
	PgListenerContainer pgListenerContainer(PgListenerConnectionSource source, PgNotifyProperties properties,
			ObjectProvider<MessageStore> messageStore) {
		return container(source, properties, messageStore, platformThreads());
	}

	@Bean(CONTAINER)
	@ConditionalOnMissingBean(name = CONTAINER)
	@ConditionalOnThreading(Threading.VIRTUAL)
	@DependsOnDatabaseInitialization
	PgListenerContainer pgListenerContainerVirtualThreads(PgListenerConnectionSource source,
			PgNotifyProperties properties, ObjectProvider<MessageStore> messageStore) {
		return container(source, properties, messageStore, new VirtualThreadTaskExecutor("pgnotify-listener-"));
	}

	private static PgListenerContainer container(PgListenerConnectionSource source, PgNotifyProperties properties,
			ObjectProvider<MessageStore> messageStore, Executor executor) {
		PgNotifyProperties.Listener listener = properties.listener();
		ListeningSettings settings = new ListeningSettings("1", listener.startupFailurePolicy(),
				listener.startupTimeout(), listener.heartbeatInterval(), listener.answerTimeout(),
				new Backoff(listener.reconnect().initialDelay(), listener.reconnect().maxDelay()));
		return new PgListenerContainer(new ListeningConnection(source, settings), messageStore.getIfAvailable(),
				executor, listener.shutdownGrace(), listener.autoStartup());
	}

	/**
	 * A thread for every listener that has something to do, none for those that have not.
	 */
	private static Executor platformThreads() {
		CustomizableThreadFactory threads = new CustomizableThreadFactory("pgnotify-listener-");
		threads.setDaemon(true);
		return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
	}

}
