package io.github.pgnotify.autoconfigure;

import javax.sql.DataSource;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgMessageConverter;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.PgNotifyTemplate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Auto-configuration of pgnotify: sending, listening and stored messages.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class },
		afterName = { "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
				"org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration" })
@ConditionalOnClass(name = "org.postgresql.PGConnection")
@ConditionalOnBooleanProperty(name = "pgnotify.enabled", matchIfMissing = true)
@EnableConfigurationProperties(PgNotifyProperties.class)
@ImportRuntimeHints(PgNotifyRuntimeHints.class)
@Import({ DatabaseInitializationDependencyConfigurer.class, SchemaConnectionsConfiguration.class,
		QueueConfiguration.class, ListenerConfiguration.class, TriggerConfiguration.class })
public final class PgNotifyAutoConfiguration {

	private static final int MAX_APPLICATION_NAME = 46;

	PgNotifyAutoConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean(PgNotifyConnectionDetails.class)
	PropertiesPgNotifyConnectionDetails pgNotifyConnectionDetails(PgNotifyProperties properties) {
		return PropertiesPgNotifyConnectionDetails.of(properties.datasource());
	}

	@Bean
	DirectDataSourceDeriver pgNotifyDirectDataSourceDeriver(Environment environment) {
		return new DirectDataSourceDeriver(sessionName(environment.getProperty("spring.application.name")));
	}

	/**
	 * The unmarked parameter has a name that no bean has: in doubt Spring would choose
	 * the one of that name.
	 */
	@Bean
	PgNotifyDatabase pgNotifyDatabase(@PgNotifyDataSource ObjectProvider<DataSource> marked,
			ObjectProvider<DataSource> markedOrNot, PgNotifyConnectionDetails connectionDetails,
			DirectDataSourceDeriver deriver, ListableBeanFactory beanFactory) {
		DataSource dataSource = DataSourceChoice.choose(marked, markedOrNot, beanFactory);
		return new PgNotifyDatabase(dataSource,
				() -> deriver.derive(connectionDetails, () -> deriver.derive(dataSource)));
	}

	@Bean
	@ConditionalOnMissingBean
	PgMessageConverter pgMessageConverter(ObjectProvider<JsonMapper> jsonMapper) {
		return new PgMessageConverter(jsonMapper.getIfAvailable(JsonMapper::shared));
	}

	@Bean
	@ConditionalOnMissingBean(PgNotifyOperations.class)
	PgNotifyTemplate pgNotifyTemplate(PgNotifyDatabase database, PgMessageConverter messageConverter,
			ObjectProvider<MessageStore> messageStore, PgNotifyProperties properties) {
		PgNotifyTemplate template = new PgNotifyTemplate(database.pooled(), messageConverter,
				messageStore.getIfAvailable());
		template.setAnnounceByDefault(properties.queue().announce());
		return template;
	}

	/**
	 * Tells whose session it is. Cut so that PostgreSQL, which cuts after 63 bytes, does
	 * not cut what pgnotify adds.
	 */
	private static String sessionName(@Nullable String applicationName) {
		String name = StringUtils.hasText(applicationName) ? applicationName : "application";
		return name.substring(0, Math.min(name.length(), MAX_APPLICATION_NAME)) + "/pgnotify";
	}

}
