package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

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
	static final int VERSION = 3;

	/**
	 * How long a script waits for a table: as long, everybody else waits for it, too.
	 */
	private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(2);

	/** How long to try again, with pauses in which others get their turn. */
	private static final Duration LOCK_PATIENCE = Duration.ofMinutes(1);

	/** {@code lock_not_available}. */
	private static final String LOCK_NOT_AVAILABLE = "55P03";

	/** {@code insufficient_privilege}. */
	private static final String NOT_PERMITTED = "42501";

	static final String LOCATION = "classpath:db/pgnotify";

	static final String HISTORY_TABLE = "pgnotify_schema_history";

	private final DataSource dataSource;

	private final SchemaName schema;

	private final SchemaRefusals refusals;

	private final Duration lockTimeout;

	private final Duration lockPatience;

	/**
	 * Creates the schema's representation; touches no database.
	 * @param dataSource where, and as whom to create tables. It must be able to give two
	 * connections at once, so not a pool of one
	 * @param schema name of the schema, case kept
	 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such schema
	 */
	public QueueSchema(DataSource dataSource, String schema) {
		this(dataSource, schema, LOCK_TIMEOUT, LOCK_PATIENCE);
	}

	QueueSchema(DataSource dataSource, String schema, Duration lockTimeout, Duration lockPatience) {
		this.dataSource = dataSource;
		this.schema = new SchemaName(schema);
		this.refusals = new SchemaRefusals(this.schema);
		this.lockTimeout = lockTimeout;
		this.lockPatience = lockPatience;
	}

	/**
	 * Creates the schema and its tables, or brings them up to date. Leaves a schema that
	 * is up to date or newer as it is. While another transaction uses a table that has to
	 * be changed, it waits for it only for moments, so that others who store messages do
	 * not wait in line behind it, and tries again for a minute.
	 * @throws io.github.pgnotify.PgNotifyStartupException if the tables are somebody
	 * else's or in use, the role may not create them, or they cannot be created for
	 * another reason
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
			if (hasState(ex, LOCK_NOT_AVAILABLE)) {
				throw this.refusals.inUse(state, ex);
			}
			if (state.historyExists() || !readState().historyExists()) {
				throw hasState(ex, NOT_PERMITTED) ? this.refusals.notPermitted(state, ex)
						: this.refusals.failed(state, ex);
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
		Flyway flyway = flyway(state);
		long deadline = System.nanoTime() + this.lockPatience.toNanos();
		while (!migrate(flyway, System.nanoTime() - deadline >= 0)) {
			logger.warn("Schema '" + this.schema + "' cannot be brought up to date now: a transaction uses its tables; "
					+ "trying again");
			LockSupport.parkNanos(this.lockTimeout.toNanos());
			if (Thread.currentThread().isInterrupted()) {
				throw new FlywayException("The application is ending");
			}
		}
	}

	/**
	 * A script that gets no lock leaves nothing behind.
	 * @return whether it is done
	 */
	private static boolean migrate(Flyway flyway, boolean last) {
		try {
			flyway.migrate();
			return true;
		}
		catch (FlywayException ex) {
			if (last || !hasState(ex, LOCK_NOT_AVAILABLE)) {
				throw ex;
			}
			return false;
		}
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
			.initSql("SET lock_timeout = " + this.lockTimeout.toMillis())
			.placeholders(Map.of("schema", this.schema.quoted()))
			.baselineOnMigrate(state.schemaExists())
			.baselineVersion((state.version() != null) ? state.version().toString() : "0")
			.load();
	}

	private static boolean hasState(RuntimeException exception, String state) {
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			if (cause instanceof SQLException sqlException && state.equals(sqlException.getSQLState())) {
				return true;
			}
		}
		return false;
	}

}
