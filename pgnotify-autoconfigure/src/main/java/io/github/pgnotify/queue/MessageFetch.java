package io.github.pgnotify.queue;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidPayloadException;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The statement that finds stored messages by time and content.
 */
final class MessageFetch {

	private static final String SELECT = """
			SELECT id, data::text, headers::text, key, created_at
			FROM %1$s.message
			WHERE channel = :channel AND created_at >= :from AND created_at < :to%2$s
			ORDER BY created_at, id
			LIMIT :limit
			""";

	private final String all;

	private final String filtered;

	MessageFetch(SchemaName schema) {
		String quoted = schema.quoted();
		this.all = SELECT.formatted(quoted, "");
		this.filtered = SELECT.formatted(quoted, " AND %s.json_contains(data, :filter::jsonb)".formatted(quoted));
	}

	List<FetchedMessage> fetch(JdbcClient jdbc, ChannelName channel, Window window, @Nullable String filter) {
		JdbcClient.StatementSpec statement = jdbc.sql((filter != null) ? this.filtered : this.all)
			.param("channel", channel.value())
			.param("from", window.from())
			.param("to", window.to())
			.param("limit", window.limit());
		try {
			return ((filter != null) ? statement.param("filter", filter) : statement)
				.query((row, number) -> message(row, channel))
				.list();
		}
		catch (DataAccessException ex) {
			// What is wrong with a message is not thrown, so it is the filter
			if (ex.getRootCause() instanceof SQLException cause && isUnusable(cause.getSQLState())) {
				throw new InvalidPayloadException("The filter is no JSON that PostgreSQL's jsonb can hold");
			}
			throw ex;
		}
	}

	/**
	 * Invalid text, a character that cannot be translated, a number out of range, too
	 * deep.
	 */
	private static boolean isUnusable(@Nullable String state) {
		return state != null && (state.startsWith("22") || state.startsWith("54"));
	}

	private static FetchedMessage message(ResultSet row, ChannelName channel) throws SQLException {
		return new FetchedMessage(row.getLong("id"), channel, row.getString("data"),
				Json.headers(row.getString("headers")), row.getString("key"),
				row.getObject("created_at", OffsetDateTime.class));
	}

	/**
	 * Which messages to look at.
	 *
	 * @param from stored at this time or later
	 * @param to stored before this time
	 * @param limit how many to return at most
	 */
	record Window(OffsetDateTime from, OffsetDateTime to, int limit) {

		Window {
			if (from.isAfter(to)) {
				throw new IllegalArgumentException("The time from which to fetch, " + from
						+ ", must not be after the time to which to fetch, " + to);
			}
		}

	}

}
