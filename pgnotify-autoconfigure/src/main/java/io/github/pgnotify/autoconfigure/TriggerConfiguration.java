package io.github.pgnotify.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.listener.PgListenerConfigurer;
import io.github.pgnotify.tablechange.PgTableListenerAnnotationBeanPostProcessor;
import io.github.pgnotify.tablechange.PgTableTriggers;
import io.github.pgnotify.tablechange.PigeonFile;
import io.github.pgnotify.tablechange.TableChangeConverter;
import io.github.pgnotify.tablechange.TableTrigger;
import io.github.pgnotify.tablechange.TriggerSettings;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.util.StringUtils;

/**
 * Table changes: the declared triggers, and the methods that hear them.
 */
@Configuration(proxyBeanMethods = false)
class TriggerConfiguration {

	@Bean
	@ConditionalOnMissingBean
	static PgTableListenerAnnotationBeanPostProcessor pgTableListenerAnnotationBeanPostProcessor() {
		return new PgTableListenerAnnotationBeanPostProcessor();
	}

	/** A lazy bean would never be asked for, and its listeners never heard. */
	@Bean
	static LazyInitializationExcludeFilter pgTableListenerLazyInitializationExcludeFilter() {
		return (beanName, beanDefinition, beanType) -> PgTableListenerAnnotationBeanPostProcessor
			.hasListeners(beanType);
	}

	@Bean
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	PgTableTriggers pgTableTriggers(SchemaConnections connections, PgNotifyProperties properties,
			Environment environment, ResourceLoader resourceLoader, ObjectProvider<MessageStore> messageStore,
			ObjectProvider<TableTrigger> beans) {
		PgNotifyProperties.Triggers settings = properties.triggers();
		PgTableTriggers triggers = new PgTableTriggers(connections.dataSource(),
				new TriggerSettings(settings.mode(), application(settings, environment), properties.schema(),
						messageStore.getIfAvailable() != null, settings.lockTimeout(), Path.of(settings.script())));
		triggers.declare(DeclaredTriggers.read(environment));
		triggers.declare(imported(settings.imports(), resourceLoader));
		triggers.declare(beans.orderedStream().toList());
		return triggers;
	}

	@Bean
	TableChangeArguments pgTableChangeArguments(ObjectProvider<JsonMapper> jsonMapper) {
		return new TableChangeArguments(new TableChangeConverter(jsonMapper.getIfAvailable(JsonMapper::shared)));
	}

	/**
	 * Tells the declarations of one application from those of others.
	 */
	private static String application(PgNotifyProperties.Triggers settings, Environment environment) {
		if (StringUtils.hasText(settings.application())) {
			return settings.application();
		}
		String name = environment.getProperty("spring.application.name");
		return StringUtils.hasText(name) ? name : TriggerSettings.UNNAMED;
	}

	private static List<TableTrigger> imported(List<String> locations, ResourceLoader resourceLoader) {
		List<TableTrigger> triggers = new ArrayList<>();
		for (String location : locations) {
			Resource resource = resourceLoader.getResource(location);
			try (InputStream file = resource.getInputStream()) {
				triggers.addAll(PigeonFile.read(file, location));
			}
			catch (IOException ex) {
				throw new PgNotifyStartupException(
						"The file '" + location + "' of pgnotify.triggers.import cannot be read: " + ex.getMessage()
								+ ".",
						"Name a file that is there, as in classpath:pigeon.json or file:pigeon/pigeon.json.", ex);
			}
		}
		return triggers;
	}

	/**
	 * Lets listeners take changes.
	 */
	@Order(Ordered.LOWEST_PRECEDENCE)
	static final class TableChangeArguments implements PgListenerConfigurer {

		private final TableChangeConverter converter;

		TableChangeArguments(TableChangeConverter converter) {
			this.converter = converter;
		}

		@Override
		public void configureMessageConverters(List<MessageConverter> converters) {
			converters.add(0, this.converter);
		}

	}

}
