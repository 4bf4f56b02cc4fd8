package io.github.pgnotify.connection;

import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.PgNotifyStartupException;

import org.springframework.core.NestedExceptionUtils;

/**
 * Says in a sentence why a connection could not be made, and what to do.
 */
final class ConnectFailure {

	private static final String INVALID_AUTHORIZATION = "28";

	/** Rejected by the driver for want of a password, or without the right to connect. */
	private static final Set<String> REJECTED = Set.of("08004", "42501");

	private static final String UNKNOWN_DATABASE = "3D000";

	private static final String TOO_MANY_CONNECTIONS = "53300";

	private ConnectFailure() {
	}

	static PgNotifyStartupException describe(SQLException ex) {
		String state = String.valueOf(ex.getSQLState());
		if (state.equals(ServerRole.STANDBY_STATE)) {
			return new PgNotifyStartupException(
					"pgnotify cannot listen on a standby: PostgreSQL refuses LISTEN and NOTIFY during recovery.",
					"Point the DataSource, or pgnotify.datasource.url, to the primary; with several hosts in the URL "
							+ "the primary is found by itself.",
					ex);
		}
		if (state.startsWith(INVALID_AUTHORIZATION) || REJECTED.contains(state)) {
			return new PgNotifyStartupException("PostgreSQL refuses pgnotify's connection: " + reason(ex) + ".",
					"Check user name, password and TLS settings of the DataSource (spring.datasource.*) or, if set, of "
							+ "pgnotify.datasource.* and pgnotify.flyway.*, and the server's pg_hba.conf.",
					ex);
		}
		if (state.equals(UNKNOWN_DATABASE)) {
			return new PgNotifyStartupException("PostgreSQL refuses pgnotify's connection: " + reason(ex) + ".",
					"Create the database, or correct its name in the URL of the DataSource.", ex);
		}
		if (state.equals(TOO_MANY_CONNECTIONS)) {
			return new PgNotifyStartupException("PostgreSQL has no connection left for pgnotify: " + reason(ex) + ".",
					"pgnotify keeps one or two connections beside the pool: raise max_connections or make the pools "
							+ "smaller.",
					ex);
		}
		return unreachable(ex);
	}

	static PgNotifyStartupException describe(List<InvalidChannelNameException> refused) {
		String sentences = refused.stream()
			.map(Throwable::getMessage)
			.sorted()
			.collect(Collectors.joining(".\n", "", "."));
		return new PgNotifyStartupException(sentences,
				"Correct the names in @PgListener, use another database, or set "
						+ "pgnotify.listener.startup-failure-policy=retry to start without these channels.",
				refused.get(0));
	}

	private static PgNotifyStartupException unreachable(SQLException ex) {
		String state = (ex.getSQLState() != null) ? " (SQL state " + ex.getSQLState() + ")" : "";
		return new PgNotifyStartupException("pgnotify cannot connect to PostgreSQL: " + reason(ex) + state + ".",
				"Check that PostgreSQL runs and that host, port and TLS settings in the URL of the DataSource, or of "
						+ "pgnotify.datasource.url, are right. To start without it and go on trying, set "
						+ "pgnotify.listener.startup-failure-policy=retry and, as the schema of stored messages needs "
						+ "the database at start, pgnotify.queue.enabled=false.",
				ex);
	}

	/**
	 * The first sentence, or the reason itself where the driver only says that it failed.
	 */
	private static String reason(SQLException ex) {
		Throwable root = NestedExceptionUtils.getMostSpecificCause(ex);
		if (root instanceof UnknownHostException) {
			return "there is no host '" + root.getMessage() + "'";
		}
		if (root instanceof SocketTimeoutException) {
			return "it does not answer in time";
		}
		return firstSentence(ex.getMessage());
	}

	private static String firstSentence(@Nullable String message) {
		if (message == null || message.isBlank()) {
			return "no reason given";
		}
		String sentence = message.strip().lines().findFirst().orElse("").split("\\. ", 2)[0];
		return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
	}

}
