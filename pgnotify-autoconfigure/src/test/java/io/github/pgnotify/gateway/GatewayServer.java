package io.github.pgnotify.gateway;

import java.net.URI;
import java.security.Principal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration;
import io.github.pgnotify.autoconfigure.PgNotifyGatewayAutoConfiguration;
import io.github.pgnotify.testsupport.TestDatabase;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;

/**
 * An application with nothing but the gateway, on Tomcat. Whoever sends the header
 * {@code X-User} has logged in under that name, and with {@code X-Token-Until} has a
 * token that ends.
 */
final class GatewayServer implements AutoCloseable {

	private final ServletWebServerApplicationContext context;

	private GatewayServer(ServletWebServerApplicationContext context) {
		this.context = context;
	}

	static GatewayServer start(TestDatabase database, List<Class<?>> configurations, String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.shutdown=graceful",
				"--spring.main.banner-mode=off", "--pgnotify.gateway.enabled=true",
				"--pgnotify.gateway.limits.connections-per-address=20000",
				"--spring.datasource.url=" + database.jdbcUrl(), "--spring.datasource.username=" + database.username(),
				"--spring.datasource.password=" + database.password(), "--logging.level.root=warn"));
		for (String property : properties) {
			String name = property.substring(0, property.indexOf('=') + 1);
			arguments.removeIf((argument) -> argument.startsWith("--" + name));
			arguments.add("--" + property);
		}
		List<Class<?>> sources = new ArrayList<>(configurations);
		sources.add(Application.class);
		return new GatewayServer(
				(ServletWebServerApplicationContext) new SpringApplicationBuilder(sources.toArray(Class<?>[]::new))
					.web(WebApplicationType.SERVLET)
					.run(arguments.toArray(String[]::new)));
	}

	static GatewayServer start(TestDatabase database, String... properties) {
		return start(database, List.of(), properties);
	}

	/**
	 * Returns properties for channels that everybody may hear, and further ones, which
	 * begin with {@code --}.
	 */
	static String[] open(String kind, String... channels) {
		List<String> properties = new ArrayList<>();
		for (int i = 0; i < channels.length; i++) {
			if (channels[i].startsWith("--")) {
				properties.add(channels[i].substring(2));
				continue;
			}
			String prefix = "pgnotify.gateway.channels[" + i + "].";
			properties.add(prefix + "name=" + channels[i]);
			properties.add(prefix + "kind=" + kind);
			properties.add(prefix + "access=public");
		}
		return properties.toArray(String[]::new);
	}

	int port() {
		return this.context.getWebServer().getPort();
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	PgGateway gateway() {
		return bean(PgGateway.class);
	}

	URI http(String path) {
		return URI.create("http://localhost:" + port() + path);
	}

	URI webSocket(String path) {
		return URI.create("ws://localhost:" + port() + path);
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, DataSourceAutoConfiguration.class,
			DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
			JacksonAutoConfiguration.class, PgNotifyAutoConfiguration.class, PgNotifyGatewayAutoConfiguration.class })
	static class Application {

		@Bean
		Filter login() {
			return (request, response, chain) -> chain
				.doFilter(new HttpServletRequestWrapper((HttpServletRequest) request) {

					@Override
					public @Nullable Principal getUserPrincipal() {
						String user = getHeader("X-User");
						String until = getHeader("X-Token-Until");
						if (until != null) {
							return new TestingAuthenticationToken(user, new OAuth2AccessToken(TokenType.BEARER,
									"secret", Instant.EPOCH, Instant.parse(until)));
						}
						return (user != null) ? () -> user : null;
					}

				}, response);
		}

	}

}
