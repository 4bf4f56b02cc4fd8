package io.github.pgnotify.gateway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutorService;

import javax.sql.DataSource;

import io.github.pgnotify.SqlIdentifier;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The index by which the gateway finds stored messages in the order of the transactions
 * that wrote them. It costs every sender a little, so it is there only where a gateway
 * has stored channels; whoever wants none any more drops it. Without it the gateway finds
 * the same, but reads the whole table for it.
 *
 * @since 0.1.0
 */
public final class PgGatewayIndex {

	/** Its name, in the schema of the table {@code message}. */
	static final String NAME = "message_writer";

	private static final Log logger = LogFactory.getLog(PgGatewayIndex.class);

	private final DataSource owner;

	private final String index;

	private final String create;

	/**
	 * Creates the index's representation; touches no database.
	 * @param owner connects as the role that owns the table
	 * @param schema schema of the table {@code message}
	 */
	public PgGatewayIndex(DataSource owner, String schema) {
		this.owner = owner;
		this.index = SqlIdentifier.quote(schema) + "." + NAME;
		this.create = "CREATE INDEX CONCURRENTLY IF NOT EXISTS " + NAME + " ON " + SqlIdentifier.quote(schema)
				+ ".message (channel, writer_xid, id)";
	}

	/**
	 * Sees to it that the index is there. Does not wait: it is built on a thread of its
	 * own, holds up no sender, and is logged with the statement if it cannot be.
	 * @param mayCreate whether to create it; otherwise it is only missed in the log
	 */
	public void prepare(boolean mayCreate) {
		ExecutorService executor = DaemonThreads.one("pgnotify-gateway-index");
		executor.execute(() -> tryToPrepare(mayCreate));
		executor.shutdown();
	}

	private void tryToPrepare(boolean mayCreate) {
		try (Connection connection = this.owner.getConnection(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(true);
			prepare(statement, mayCreate);
		}
		catch (SQLException | RuntimeException ex) {
			logger.warn("The index of the gateway's stored channels could not be created; until it is, they are slow. "
					+ "Execute as the owner of the table: " + this.create, ex);
		}
	}

	private void prepare(Statement statement, boolean mayCreate) throws SQLException {
		Boolean valid = isValid(statement);
		if (Boolean.TRUE.equals(valid)) {
			return;
		}
		if (!mayCreate) {
			logger.warn("The gateway's stored channels are slow without an index. Execute: " + this.create);
			return;
		}
		// Not to be waited for: who waits has a snapshot, which the one who builds waits
		// for
		if (!is(statement,
				"SELECT pg_try_advisory_lock(hashtextextended('" + this.index.replace("'", "''") + "', 0))")) {
			logger.debug("Another process is creating " + this.index);
			return;
		}
		if (valid != null) {
			logger.info("An earlier attempt to create " + this.index + " was broken off; beginning again");
			statement.execute("DROP INDEX CONCURRENTLY IF EXISTS " + this.index);
		}
		statement.execute(this.create);
		logger.info("Index " + this.index + " is there");
	}

	/**
	 * Whether it can be used; {@code null} if there is none.
	 */
	private @Nullable Boolean isValid(Statement statement) throws SQLException {
		String sql = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('" + this.index.replace("'", "''")
				+ "')";
		try (ResultSet row = statement.executeQuery(sql)) {
			return row.next() ? row.getBoolean(1) : null;
		}
	}

	private static boolean is(Statement statement, String sql) throws SQLException {
		try (ResultSet row = statement.executeQuery(sql)) {
			return row.next() && row.getBoolean(1);
		}
	}

}
