package io.github.pgnotify.connection;

import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;

import io.github.pgnotify.PgNotifyStartupException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ConnectFailureTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			28P01 | PostgreSQL refuses pgnotify's connection: | user name, password
			28000 | PostgreSQL refuses pgnotify's connection: | pg_hba.conf
			08004 | PostgreSQL refuses pgnotify's connection: | TLS settings
			42501 | PostgreSQL refuses pgnotify's connection: | user name
			3D000 | PostgreSQL refuses pgnotify's connection: | Create the database
			53300 | PostgreSQL has no connection left for pgnotify: | max_connections
			25006 | pgnotify cannot listen on a standby: | to the primary
			08001 | pgnotify cannot connect to PostgreSQL: | startup-failure-policy=retry
			XX000 | pgnotify cannot connect to PostgreSQL: | startup-failure-policy=retry
			""")
	void everyStateHasItsSentenceAndItsAdvice(String state, String beginning, String advice) {
		SQLException cause = new SQLException("FATAL: the reason", state);
		PgNotifyStartupException failure = ConnectFailure.describe(cause);
		assertThat(failure).hasMessageStartingWith(beginning).hasMessageEndingWith(".").hasCause(cause);
		assertThat(failure.getAction()).contains(advice).endsWith(".");
	}

	@Test
	void theFirstSentenceOfTheReasonIsEnough() {
		assertThat(ConnectFailure.describe(new SQLException("""
				Connection to db.example.org:5432 refused. Check that the hostname is correct.
				  Detail: more""", "08001"))).hasMessage(
				"pgnotify cannot connect to PostgreSQL: Connection to db.example.org:5432 refused (SQL state 08001).");
	}

	@Test
	void theCauseIsNamedWhereTheDriverOnlySaysThatItFailed() {
		SQLException unknownHost = new SQLException("The connection attempt failed.", "08001",
				new UnknownHostException("db.example.org"));
		assertThat(ConnectFailure.describe(unknownHost))
			.hasMessage("pgnotify cannot connect to PostgreSQL: there is no host 'db.example.org' (SQL state 08001).");
		SQLException timeout = new SQLException("The connection attempt failed.", "08001",
				new SocketTimeoutException("Connect timed out"));
		assertThat(ConnectFailure.describe(timeout))
			.hasMessage("pgnotify cannot connect to PostgreSQL: it does not answer in time (SQL state 08001).");
	}

	@Test
	void anExceptionThatSaysNothingIsASentenceToo() {
		assertThat(ConnectFailure.describe(new SQLException()))
			.hasMessage("pgnotify cannot connect to PostgreSQL: no reason given.");
	}

}
