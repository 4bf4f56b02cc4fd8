package io.github.pgnotify.sample.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

class EmbeddedPostgresServerIntegrationTests {

	@TempDir
	private Path directory;

	@Test
	void keepsItsDataAndDoesNotRiskIt() throws Exception {
		try (EmbeddedPostgresServer server = start()) {
			assertThat(query(server, "show fsync")).isEqualTo("on");
			assertThat(query(server, "show synchronous_commit")).isEqualTo("on");
			execute(server, "create table kept as select 'still here' as text");
		}
		try (EmbeddedPostgresServer server = start()) {
			assertThat(query(server, "select text from kept")).isEqualTo("still here");
		}
	}

	@Test
	void leavesNoProcessBehind() throws Exception {
		try (EmbeddedPostgresServer server = start()) {
			assertThat(query(server, "select 1")).isEqualTo("1");
			assertThat(PostgresProcesses.of(data())).isNotEmpty();
		}
		await().atMost(Duration.ofSeconds(10)).until(() -> PostgresProcesses.of(data()).isEmpty());
	}

	@Test
	void refusesTheDirectoryOfARunningOne() throws Exception {
		try (EmbeddedPostgresServer server = start()) {
			assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(this::start)
				.withMessageContainingAll("Another running sample-app", data().toString())
				.satisfies((ex) -> assertThat(ex.getAction()).contains("--spring.datasource.url=", "--server.port="));
			assertThat(query(server, "select 1")).isEqualTo("1");
		}
	}

	@Test
	void refusesADirectoryOfSomethingElseAndLeavesItAlone() throws Exception {
		Path letter = Files.writeString(Files.createDirectories(data()).resolve("PG_VERSION"), "dear reader");
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(this::start)
				.withMessageContaining("is not empty");
		}
		assertThat(letter).hasContent("dear reader");
	}

	@Test
	void beginsAnewWhereTheFirstStartWasKilledHalfway() throws Exception {
		Files.writeString(Files.createDirectories(data()).resolve("PG_VERSION"), "18");
		Files.writeString(data().resolve("postgresql.conf"), "");
		Files.createFile(directories().unfinished());
		try (EmbeddedPostgresServer server = start()) {
			assertThat(query(server, "select 1")).isEqualTo("1");
		}
		assertThat(directories().unfinished()).doesNotExist();
	}

	@Test
	void ignoresAPidFileWhoseProcessIsSomebodyElse() throws Exception {
		start().close();
		Files.write(data().resolve("postmaster.pid"), List.of(Long.toString(ProcessHandle.current().pid())));
		try (EmbeddedPostgresServer server = start()) {
			assertThat(query(server, "select 1")).isEqualTo("1");
		}
	}

	@Test
	void repeatsWhatPostgresSaysWhenItDoesNotStart() throws Exception {
		start().close();
		Files.writeString(data().resolve("PG_VERSION"), "9.6\n");
		assertThatExceptionOfType(EmbeddedPostgresException.class)
			.isThrownBy(() -> EmbeddedPostgresServer.start(directories(), Duration.ofSeconds(2)))
			.withMessageContaining("initialized by PostgreSQL version 9.6")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("delete " + data()));
	}

	private EmbeddedPostgresServer start() {
		return EmbeddedPostgresServer.start(directories());
	}

	private PostgresDirectories directories() {
		return PostgresDirectories.of(this.directory.resolve("data"));
	}

	private Path data() {
		return directories().data();
	}

	private static void execute(EmbeddedPostgresServer server, String sql) throws SQLException {
		try (Connection connection = connect(server); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static String query(EmbeddedPostgresServer server, String sql) throws SQLException {
		try (Connection connection = connect(server);
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery(sql)) {
			result.next();
			return result.getString(1);
		}
	}

	private static Connection connect(EmbeddedPostgresServer server) throws SQLException {
		return DriverManager.getConnection(server.jdbcUrl(), EmbeddedPostgresServer.USER, null);
	}

}
