package io.github.pgnotify.benchmarks.live;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration;
import io.github.pgnotify.benchmarks.Database;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/**
 * An application with as many methods that listen, on the one connection it has for that.
 * Of what the library does by default only one thing is changed: nothing is dropped,
 * however far a listener is behind.
 *
 * @param byTemplate whether its own template sends, or the driver's statements do as for
 * the others
 */
record PgNotifyListeners(boolean byTemplate) implements LiveContender {

	static final String NAME = "pgnotify";

	private static final String SCHEMA = "bench_pgnotify_live";

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Listening open(LiveSetup setup) {
		Database database = setup.database();
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.logStartupInfo(false)
			.registerShutdownHook(false)
			.initializers((created) -> addListeners((GenericApplicationContext) created, setup))
			.properties(Map.of("spring.datasource.url", database.url(), "spring.datasource.username", database.user(),
					"spring.datasource.password", database.password(), "spring.datasource.hikari.maximum-pool-size",
					setup.senders() + 1, "pgnotify.schema", SCHEMA, "pgnotify.listener.capacity.messages", 10_000_000,
					"pgnotify.listener.capacity.bytes", "2GB"))
			.run();
		return new Running(context, database, this.byTemplate);
	}

	/**
	 * Drops what applications have left.
	 */
	static void dropSchema(Database database) throws SQLException {
		database.dropSchema(SCHEMA);
	}

	private static void addListeners(GenericApplicationContext context, LiveSetup setup) {
		for (int i = 0; i < setup.listeners(); i++) {
			context.registerBean("listener" + i, Listener.class, () -> new Listener(setup.handler()));
		}
	}

	/**
	 * An application.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
			TransactionAutoConfiguration.class, JdbcTemplateAutoConfiguration.class, JacksonAutoConfiguration.class,
			PgNotifyAutoConfiguration.class })
	static class Application {

	}

	/**
	 * What is called for each notification.
	 */
	static final class Listener {

		private final Consumer<String> handler;

		Listener(Consumer<String> handler) {
			this.handler = handler;
		}

		@PgListener(LiveSetup.CHANNEL)
		void receive(String payload) {
			this.handler.accept(payload);
		}

	}

	/**
	 * A running application.
	 */
	private record Running(ConfigurableApplicationContext context, Database database,
			boolean byTemplate) implements Listening {

		@Override
		public Publisher publisher() throws SQLException {
			return this.byTemplate ? new TemplatePublisher(this.context.getBean(PgNotifyOperations.class))
					: new BarePublisher(this.database);
		}

		@Override
		public void close() {
			this.context.close();
		}

	}

	private record TemplatePublisher(PgNotifyOperations template) implements Publisher {

		@Override
		public void publish(String payload) {
			this.template.convertAndSend(LiveSetup.CHANNEL, payload);
		}

		@Override
		public void publishAll(List<String> payloads) {
			this.template.convertAndSendAll(LiveSetup.CHANNEL, payloads);
		}

	}

}
