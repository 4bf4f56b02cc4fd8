package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.pgnotify.connection.ServerRole;
import io.github.pgnotify.queue.QueueSchema;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.InitializingBean;

/**
 * Brings the schema of the stored messages up to date when the application starts, and
 * lets the application's role use it, or checks it where that is the user's to do. Not a
 * {@code Flyway} bean, which would switch off the application's own migrations without a
 * word.
 */
final class PgNotifySchemaInitializer implements InitializingBean {

	private static final Log logger = LogFactory.getLog(PgNotifySchemaInitializer.class);

	private final QueueSchema schema;

	private final DataSource dataSource;

	private final PgNotifyProperties.Flyway settings;

	private final List<ConnectionOpener> users;

	/**
	 * Creates the initializer; touches no database.
	 * @param schema the schema
	 * @param dataSource that of the schema, to find out first whether it connects
	 * @param settings whether to create and change, or else only check
	 * @param users open connections as the roles that are to use the schema
	 */
	PgNotifySchemaInitializer(QueueSchema schema, DataSource dataSource, PgNotifyProperties.Flyway settings,
			List<ConnectionOpener> users) {
		this.schema = schema;
		this.dataSource = dataSource;
		this.settings = settings;
		this.users = users;
	}

	@Override
	public void afterPropertiesSet() {
		ServerRole.requirePrimary(this.dataSource);
		if (this.settings.enabled()) {
			this.schema.migrate();
			if (this.settings.grant()) {
				this.users.stream().flatMap(PgNotifySchemaInitializer::role).distinct().forEach(this.schema::grantTo);
			}
		}
		else {
			this.schema.validate();
		}
	}

	/**
	 * As whom it connects. Whoever cannot be asked will fail for that reason when it is
	 * used.
	 */
	private static Stream<String> role(ConnectionOpener user) {
		try (Connection connection = user.open();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT current_user")) {
			row.next();
			return Stream.of(row.getString(1));
		}
		catch (SQLException ex) {
			logger.debug("A role that is to use the schema could not be asked for its name", ex);
			return Stream.empty();
		}
	}

	/**
	 * Opens connections.
	 */
	@FunctionalInterface
	interface ConnectionOpener {

		Connection open() throws SQLException;

	}

}
