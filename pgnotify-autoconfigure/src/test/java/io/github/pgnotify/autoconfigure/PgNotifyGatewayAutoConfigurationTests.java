package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.gateway.PgGateway;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.web.socket.WebSocketHandler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When there is a gateway, and how it is set up.
 */
class PgNotifyGatewayAutoConfigurationTests {

	private final WebApplicationContextRunner contextRunner = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class,
				PgNotifyAutoConfiguration.class, PgNotifyGatewayAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://localhost:1/none",
				"pgnotify.listener.auto-startup=false", "pgnotify.queue.enabled=false");

	@Test
	void thereIsNoneUnlessItIsAskedFor() {
		this.contextRunner.run((context) -> assertThat(context).doesNotHaveBean(PgGateway.class));
	}

	@Test
	void itIsAServletAndAScriptUnderItsPath() {
		this.contextRunner
			.withPropertyValues("pgnotify.gateway.enabled=true", "pgnotify.gateway.path=/events",
					"pgnotify.gateway.channels[0].name=orders")
			.run((context) -> {
				ServletRegistrationBean<?> registration = context.getBean(ServletRegistrationBean.class);
				assertThat(registration.getUrlMappings()).containsExactlyInAnyOrder("/events/*", "/events.js");
				assertThat(registration.isAsyncSupported()).isTrue();
				assertThat(context.getBean(PgGateway.class).isRunning()).isTrue();
				assertThat(context.getBean(PgGateway.class).connections()).isEmpty();
			});
	}

	@Test
	void itNeedsNoWebSocket() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(WebSocketHandler.class.getPackageName()))
			.withPropertyValues("pgnotify.gateway.enabled=true")
			.run((context) -> assertThat(context).hasSingleBean(PgGateway.class));
	}

	@Test
	void itNeedsAServletContainer() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(PgNotifyAutoConfiguration.class,
					PgNotifyGatewayAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=jdbc:postgresql://localhost:1/none",
					"pgnotify.listener.auto-startup=false", "pgnotify.queue.enabled=false",
					"pgnotify.gateway.enabled=true")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PgGateway.class));
	}

	@Test
	void whatCannotWorkDoesNotStart() {
		fails("pgnotify.queue.enabled", "pgnotify.gateway.channels[0].name=news",
				"pgnotify.gateway.channels[0].kind=stored");
		fails("cookies", "pgnotify.gateway.allowed-origins=*");
		fails("'pgnotify.queue' of the gateway is reserved", "pgnotify.gateway.channels[0].name=pgnotify.queue");
		fails("choose one", "pgnotify.gateway.channels[0].name=a", "pgnotify.gateway.channels[0].client-field=b",
				"pgnotify.gateway.channels[0].client-header=c");
		fails("pgnotify.gateway.path", "pgnotify.gateway.path=events/");
		fails("pgnotify.gateway.limits.send-buffer", "pgnotify.gateway.limits.send-buffer=0");
		fails("pgnotify.gateway.ping-interval", "pgnotify.gateway.ping-interval=0s");
	}

	private void fails(String message, String... properties) {
		this.contextRunner.withPropertyValues("pgnotify.gateway.enabled=true")
			.withPropertyValues(properties)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfAny(PgNotifyStartupException.class, IllegalArgumentException.class)
				.hasMessageContaining(message));
	}

}
