package io.github.pgnotify.testsupport;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;

import io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration;

/**
 * An application as a user's would be: DataSource pool, transactions, JSON and pgnotify.
 */
public final class PgNotifyContext {

	private PgNotifyContext() {
	}

	/**
	 * Returns a runner for an application without a database.
	 */
	public static ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				JdbcTemplateAutoConfiguration.class, JacksonAutoConfiguration.class, PgNotifyAutoConfiguration.class));
	}

	/**
	 * Returns a runner for an application on a database.
	 * @param database the database
	 */
	public static ApplicationContextRunner runner(TestDatabase database) {
		return runner().withPropertyValues("spring.datasource.url=" + database.jdbcUrl(),
				"spring.datasource.username=" + database.username(),
				"spring.datasource.password=" + database.password());
	}

}
