package io.github.pgnotify.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.SqlIdentifier;
import org.jspecify.annotations.Nullable;

/**
 * Statements on {@code queue.message}, each on a connection from the pool for as long as
 * it takes.
 */
final class StoredMessages {

	private final DataSource dataSource;

	private final String table;

	private final String pageSql;

	private final String epochSql;

	StoredMessages(DataSource dataSource, String schema) {
		this.dataSource = dataSource;
		String message = SqlIdentifier.quote(schema) + ".message";
		this.table = message;
		this.pageSql = pageSql(message);
		this.epochSql = """
				SELECT
					left(md5(concat_ws('/',
						(SELECT system_identifier FROM pg_control_system()),
						(SELECT oid FROM pg_database WHERE datname = current_database()),
						?::regclass::oid,
						left(pg_walfile_name(pg_current_wal_lsn()), 8))), 8)
				""";
	}

	/**
	 * What was not seen at a position: of transactions that had not begun, and of those
	 * that had not ended. Both are ranges of the index, so that a transaction that stays
	 * open costs nothing.
	 */
	private static String pageSql(String message) {
		String columns = """
				SELECT id, writer_xid, message.channel, data, headers, created_at, coalesce(pg_column_size(data), 0) AS size
				FROM %s AS message
				WHERE message.channel = wanted.channel
				"""
			.formatted(message);
		String rest = """
				AND (writer_xid, id) > (cast(? AS xid8), ?)
				AND pg_visible_in_snapshot(writer_xid, moment.snapshot)
				AND (expires_at IS NULL OR expires_at > now())
				ORDER BY writer_xid, id
				LIMIT ?
				""";
		return """
				WITH moment AS MATERIALIZED (
					SELECT coalesce(cast(? AS pg_snapshot), pg_current_snapshot()) AS snapshot
				)
				SELECT moment.snapshot::text, clock_timestamp(), found.id, found.writer_xid::text, found.channel,
					found.data::text, found.headers::text, found.created_at, found.total
				FROM moment
				LEFT JOIN LATERAL (
					SELECT candidate.*, count(*) OVER () AS total,
						sum(size) OVER (ORDER BY writer_xid, id) - size AS size_before
					FROM (
						SELECT unseen.*
						FROM unnest(?) AS wanted (channel)
						CROSS JOIN LATERAL (
							(%1$s AND writer_xid >= cast(? AS xid8) %2$s)
							UNION ALL
							(%1$s AND writer_xid = ANY (cast(? AS xid8[])) %2$s)
						) AS unseen
						ORDER BY writer_xid, id
						LIMIT ?
					) AS candidate
				) AS found ON found.size_before < ?
				ORDER BY found.writer_xid, found.id
				""".formatted(columns, rest);
	}

	/**
	 * Names this life of this database: positions of others mean nothing here.
	 */
	String epoch() throws SQLException {
		try (Connection connection = this.dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement(this.epochSql)) {
			statement.setString(1, this.table);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				String epoch = row.getString(1);
				end(connection);
				return epoch;
			}
		}
	}

	/**
	 * Reads what is committed and not seen at a position, in order of transactions and
	 * ids.
	 * @param channels of these channels
	 * @param position the position
	 * @param limit no more than so many
	 * @param bytes no more than so much, compressed as it is stored, or one message
	 */
	Page read(Collection<String> channels, Position position, int limit, int bytes) throws SQLException {
		try (Connection connection = this.dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement(this.pageSql)) {
			bind(connection, statement, channels, position, limit);
			statement.setInt(12, bytes);
			try (ResultSet row = statement.executeQuery()) {
				Page page = page(row, position, limit);
				end(connection);
				return page;
			}
		}
	}

	private static void bind(Connection connection, PreparedStatement statement, Collection<String> channels,
			Position position, int limit) throws SQLException {
		Snapshot page = position.page();
		int i = 1;
		statement.setString(i++, (page != null) ? page.toSql() : null);
		statement.setArray(i++, connection.createArrayOf("text", channels.toArray()));
		statement.setString(i++, Long.toString(position.seen().xmax()));
		statement.setString(i++, Long.toString(position.xid()));
		statement.setLong(i++, position.id());
		statement.setInt(i++, limit);
		statement.setArray(i++, connection.createArrayOf("text", position.seen().runningTexts()));
		statement.setString(i++, Long.toString(position.xid()));
		statement.setLong(i++, position.id());
		statement.setInt(i++, limit);
		statement.setInt(i, limit);
	}

	private static Page page(ResultSet row, Position position, int limit) throws SQLException {
		List<Row> rows = new ArrayList<>();
		long total = 0;
		row.next();
		Snapshot snapshot = Snapshot.parse(row.getString(1));
		Instant time = (position.page() != null) ? position.time() : row.getObject(2, OffsetDateTime.class).toInstant();
		if (row.getString(5) != null) {
			do {
				rows.add(new Row(row.getLong(3), Long.parseLong(row.getString(4)), row.getString(5), row.getString(6),
						row.getString(7), row.getObject(8, OffsetDateTime.class).toInstant()));
				total = row.getLong(9);
			}
			while (row.next());
		}
		return new Page(snapshot, time, rows, total >= limit || rows.size() < total);
	}

	/** A pool may hand out connections with autocommit off. */
	private static void end(Connection connection) throws SQLException {
		if (!connection.getAutoCommit()) {
			connection.commit();
		}
	}

	/**
	 * What was read.
	 *
	 * @param snapshot of which moment
	 * @param time when that was, or somewhat before
	 * @param rows the messages
	 * @param more whether there are more of that moment
	 */
	record Page(Snapshot snapshot, Instant time, List<Row> rows, boolean more) {

		/**
		 * The position after it.
		 */
		Position after(Position position) {
			if (!this.more) {
				return Position.of(this.snapshot, this.time);
			}
			Row last = this.rows.get(this.rows.size() - 1);
			return position.upTo(this.snapshot, last.xid(), last.id());
		}

	}

	/**
	 * A message as it is stored.
	 */
	record Row(long id, long xid, String channel, @Nullable String data, @Nullable String headers, Instant createdAt) {

	}

}
