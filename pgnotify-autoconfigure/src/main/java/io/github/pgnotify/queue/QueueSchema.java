package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The schema of the stored messages in a database.
 * <p>
 * {@link #migrate()} creates it and brings it up to date with a Flyway of its own, which
 * neither sees nor is seen by the application's: its scripts are in
 * {@code classpath:db/pgnotify}, its history in the schema itself. {@link #validate()}
 * only looks, where running these scripts is the user's. Any number of processes may do
 * either at once.
 *
 * @since 0.1.0
 */
public final class QueueSchema {

	private static final Log logger = LogFactory.getLog(QueueSchema.class);

	/**
	 * Number of the newest script.
	 */
	static final int VERSION = 6;

	static final String LOCATION = "classpath:db/pgnotify";

	static final String HISTORY_TABLE = "pgnotify_schema_history";

	private final DataSource dataSource;

	private final SchemaName schema;

	private final SchemaRefusals refusals;

	/**
	 * Creates the schema's representation; touches no database.
	 * @param dataSource where, and as whom to create tables. It must be able to give two
	 * connections at once, so not a pool of one
	 * @param schema name of the schema, case kept
	 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such schema
	 */
	public QueueSchema(DataSource dataSource, String schema) {
		this.dataSource = dataSource;
		this.schema = new SchemaName(schema);
		this.refusals = new SchemaRefusals(this.schema);
	}

	/**
	 * Creates the schema and its tables, or brings them up to date. Leaves a schema that
	 * is up to date or newer as it is.
	 * @throws io.github.pgnotify.PgNotifyStartupException if the tables are somebody
	 * else's, the role may not create them, or they cannot be created for another reason
	 */
	public void migrate() {
		SchemaState state = readState();
		if (!state.historyExists() && !state.creatable()) {
			throw this.refusals.notPermitted(state, null);
		}
		try {
			bringUpToDate(state);
		}
		catch (DataAccessException | FlywayException ex) {
			if (state.historyExists() || !readState().historyExists()) {
				throw isForWantOfRights(ex) ? this.refusals.notPermitted(state, ex) : this.refusals.failed(state, ex);
			}
			// Another process began the history at the same moment. Flyway may fail over
			// that, but continues a history that is there already.
			logger.debug("Trying again to bring schema '" + this.schema + "' up to date", ex);
			migrate();
		}
	}

	/**
	 * Checks that the tables are there and not older than this library; newer ones are
	 * fine.
	 * @throws io.github.pgnotify.PgNotifyStartupException if they are missing, older, or
	 * somebody else's
	 */
	public void validate() {
		SchemaState state = readState();
		Integer version = state.version();
		if (version == null || version < VERSION) {
			throw this.refusals.outdated(state);
		}
	}

	/**
	 * Gives a role the rights it needs to store, consume and administer messages, unless
	 * it has them. To be called after {@link #migrate()}.
	 * @param role name of the role
	 * @throws io.github.pgnotify.PgNotifyStartupException if the rights cannot be given
	 */
	public void grantTo(String role) {
		SchemaGrants grants = new SchemaGrants(this.schema);
		try (Connection connection = this.dataSource.getConnection()) {
			connection.setAutoCommit(true);
			grants(connection, grants, role);
		}
		catch (SQLException ex) {
			throw new UncategorizedSQLException("grant", null, ex);
		}
	}

	private void grants(Connection connection, SchemaGrants grants, String role) throws SQLException {
		if (grants.missing(connection, role).isEmpty()) {
			return;
		}
		SQLException refused = null;
		try {
			grants.give(connection, role);
		}
		catch (SQLException ex) {
			refused = ex;
		}
		List<String> missing = grants.missing(connection, role);
		if (!missing.isEmpty()) {
			throw this.refusals.notGranted(readState(), role, missing, refused);
		}
		logger.info("Role '" + role + "' may use schema '" + this.schema + "' now");
	}

	private SchemaState readState() {
		SchemaState state = SchemaState.read(this.dataSource, this.schema);
		if (state.isForeign()) {
			throw this.refusals.foreign(state);
		}
		return state;
	}

	private void bringUpToDate(SchemaState state) {
		if (!state.schemaExists()) {
			createSchema();
		}
		flyway(state).migrate();
	}

	/**
	 * Flyway would do it, but if it may not, tries for more than a minute before it says
	 * so.
	 */
	private void createSchema() {
		try {
			JdbcClient.create(this.dataSource).sql("CREATE SCHEMA IF NOT EXISTS " + this.schema.quoted()).update();
		}
		catch (DuplicateKeyException ex) {
			logger.debug("Another process created schema '" + this.schema + "' at the same moment", ex);
		}
	}

	/**
	 * Every setting that matters is made here, nothing comes from the application's
	 * Flyway. The scripts are found beside this class wherever it was loaded from. Where
	 * there is something already, a new history begins with the version of tables made by
	 * hand, or with 0; in a fresh schema Flyway would wonder at length why it was told
	 * to.
	 */
	private Flyway flyway(SchemaState state) {
		return Flyway.configure(QueueSchema.class.getClassLoader())
			.dataSource(this.dataSource)
			.schemas(this.schema.value())
			.defaultSchema(this.schema.value())
			.table(HISTORY_TABLE)
			.locations(LOCATION)
			.failOnMissingLocations(true)
			.placeholders(Map.of("schema", this.schema.quoted()))
			.baselineOnMigrate(state.schemaExists())
			.baselineVersion((state.version() != null) ? state.version().toString() : "0")
			.load();
	}

	private static boolean isForWantOfRights(RuntimeException exception) {
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			if (cause instanceof SQLException sqlException && "42501".equals(sqlException.getSQLState())) {
				return true;
			}
		}
		return false;
	}

}
