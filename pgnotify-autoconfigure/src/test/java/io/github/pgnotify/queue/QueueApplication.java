package io.github.pgnotify.queue;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration;
import org.slf4j.LoggerFactory;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * An application as a user's would be, in a process of its own, to be asked to end. Its
 * listener does not return before a line comes by the standard input.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
		TransactionAutoConfiguration.class, JacksonAutoConfiguration.class, PgNotifyAutoConfiguration.class })
class QueueApplication {

	private static final CountDownLatch goOn = new CountDownLatch(1);

	public static void main(String[] args) throws IOException {
		new SpringApplicationBuilder(QueueApplication.class).web(WebApplicationType.NONE)
			.properties("spring.main.banner-mode=off", "logging.level.root=warn")
			.run(args);
		System.out.println("ready");
		if (System.in.read() >= 0) {
			goOn.countDown();
		}
	}

	@Bean
	HandlerLog handlerLog(Environment environment) throws SQLException {
		return new HandlerLog(new DriverManagerDataSource(environment.getRequiredProperty("spring.datasource.url"),
				environment.getRequiredProperty("spring.datasource.username"),
				environment.getRequiredProperty("spring.datasource.password")), "application");
	}

	@Bean
	GroupConsumer orders(HandlerLog log, GroupConsumers consumers) {
		((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
		GroupConsumer consumer = QueueHarness.consumer("billing", (messages) -> {
			log.started(messages.get(0));
			System.out.println("started");
			goOn.await();
			log.returned(messages.get(0));
			System.out.println("returned");
		});
		consumers.add(consumer);
		return consumer;
	}

}
