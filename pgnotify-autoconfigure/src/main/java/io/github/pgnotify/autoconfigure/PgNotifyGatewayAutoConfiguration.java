package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.gateway.PgGateway;
import io.github.pgnotify.gateway.PgGatewayAuthorizer;
import io.github.pgnotify.gateway.PgGatewayChannel;
import io.github.pgnotify.gateway.PgGatewayIndex;
import io.github.pgnotify.gateway.PgGatewayLog;
import io.github.pgnotify.gateway.PgGatewaySettings;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration of the gateway, in a servlet application that asks for it. Without
 * Spring's WebSocket module it serves Server-Sent Events only.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PgNotifyAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(Servlet.class)
@ConditionalOnBean(PgNotifyDatabase.class)
@ConditionalOnBooleanProperty("pgnotify.gateway.enabled")
@EnableConfigurationProperties(PgNotifyGatewayProperties.class)
public final class PgNotifyGatewayAutoConfiguration {

	PgNotifyGatewayAutoConfiguration() {
	}

	/** Clients would be refused as long as nobody asks for it. */
	@Bean
	static LazyInitializationExcludeFilter pgGatewayLazyInitializationExcludeFilter() {
		return LazyInitializationExcludeFilter.forBeanTypes(PgGateway.class);
	}

	@Bean
	@ConditionalOnMissingBean
	PgGateway pgGateway(PgNotifyGatewayProperties gateway, PgNotifyProperties properties, PgNotifyDatabase database,
			@Qualifier(ListenerConfiguration.CONTAINER) PgListenerRegistry registry,
			ObjectProvider<PgNotifyOperations> operations, ObjectProvider<PgGatewayAuthorizer> authorizer) {
		return new PgGateway(settings(gateway, properties), registry,
				new PgGatewayLog(database.pooled(), properties.schema()), operations.getIfUnique(),
				authorizer.getIfAvailable());
	}

	/**
	 * Once the table is there.
	 */
	@Bean
	@ConditionalOnBean(SchemaConnections.class)
	@DependsOnDatabaseInitialization
	InitializingBean pgGatewayIndex(PgNotifyGatewayProperties gateway, PgNotifyProperties properties,
			SchemaConnections connections) {
		return () -> {
			if (gateway.channels()
				.stream()
				.map(PgNotifyGatewayAutoConfiguration::channel)
				.anyMatch((channel) -> channel.kind() == PgGatewayChannel.Kind.STORED)) {
				new PgGatewayIndex(connections.dataSource(), properties.schema())
					.prepare(properties.flyway().enabled());
			}
		};
	}

	@Bean
	ServletRegistrationBean<HttpServlet> pgGatewayServlet(PgGateway pgGateway, PgNotifyGatewayProperties gateway) {
		ServletRegistrationBean<HttpServlet> registration = new ServletRegistrationBean<>(pgGateway.servlet(),
				gateway.path() + "/*", gateway.path() + ".js");
		registration.setName("pgGateway");
		registration.setAsyncSupported(true);
		return registration;
	}

	/**
	 * Meters, where Micrometer is.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetricsConfiguration {

		@Bean
		PgGatewayMetrics pgGatewayMetrics(PgGateway pgGateway) {
			return new PgGatewayMetrics(pgGateway);
		}

	}

	private static PgGatewaySettings settings(PgNotifyGatewayProperties gateway, PgNotifyProperties properties) {
		PgNotifyGatewayProperties.Limits limits = gateway.limits();
		PgGatewaySettings settings = new PgGatewaySettings(
				gateway.channels().stream().map(PgNotifyGatewayAutoConfiguration::channel).toList(),
				gateway.allowedOrigins(), gateway.cookies(), gateway.clientIdParameter(),
				new PgGatewaySettings.Limits(limits.connections(), limits.connectionsPerUser(),
						limits.connectionsPerAddress(), limits.channels(), limits.subscriptions(),
						limits.commandsPerSecond(), limits.inboundFrame(), limits.sendBuffer()),
				new PgGatewaySettings.Timing(gateway.sendTimeout(), gateway.pingInterval(), gateway.pongTimeout(),
						gateway.subscribeTimeout(), properties.queue().pollInterval(), properties.queue().retention(),
						gateway.shutdownGrace()));
		for (PgGatewayChannel channel : settings.channels()) {
			if (channel.kind() == PgGatewayChannel.Kind.STORED && !properties.queue().enabled()) {
				throw new PgNotifyStartupException(
						"Channel '" + channel.name()
								+ "' of the gateway is one of stored messages, and pgnotify.queue.enabled is false.",
						"Make it a live one in pgnotify.gateway.channels, or switch the queue on.");
			}
		}
		return settings;
	}

	private static PgGatewayChannel channel(PgNotifyGatewayProperties.Channel channel) {
		return new PgGatewayChannel(channel.name(), channel.kind(), channel.access(), channel.publish(),
				channel.clientField(), channel.clientHeader());
	}

}
