package io.github.pgnotify.autoconfigure;

import javax.sql.DataSource;

import io.github.pgnotify.connection.ServerRole;
import io.github.pgnotify.queue.QueueSchema;

import org.springframework.beans.factory.InitializingBean;

/**
 * Brings the schema of the stored messages up to date when the application starts, or
 * checks it where that is the user's to do. Not a {@code Flyway} bean, which would switch
 * off the application's own migrations without a word.
 */
final class PgNotifySchemaInitializer implements InitializingBean {

	private final QueueSchema schema;

	private final DataSource dataSource;

	private final boolean migrate;

	/**
	 * Creates the initializer; touches no database.
	 * @param schema the schema
	 * @param dataSource that of the schema, to find out first whether it connects
	 * @param migrate whether to create and change, or else only check
	 */
	PgNotifySchemaInitializer(QueueSchema schema, DataSource dataSource, boolean migrate) {
		this.schema = schema;
		this.dataSource = dataSource;
		this.migrate = migrate;
	}

	@Override
	public void afterPropertiesSet() {
		ServerRole.requirePrimary(this.dataSource);
		if (this.migrate) {
			this.schema.migrate();
		}
		else {
			this.schema.validate();
		}
	}

}
