package io.github.pgnotify.testsupport.fault;

import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

import org.springframework.jdbc.core.JdbcTemplate;

import io.github.pgnotify.testsupport.fault.ControllableServer.StopMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Timeout(120)
class ControllableServerIntegrationTests {

	private static ControllableServer server;

	@BeforeAll
	static void create() {
		server = new ControllableServer("max_connections=17", "log_line_prefix=it''s ", "wal_level=replica");
	}

	@AfterAll
	static void close() throws Exception {
		server.close();
		assertThat(server.directory()).doesNotExist();
	}

	@BeforeEach
	void start() {
		if (!server.isRunning()) {
			server.start();
		}
	}

	@Test
	void isTheVersionThatWasAskedForWithItsSettings() {
		assertThat(server.majorVersion()).isEqualTo(Integer.parseInt(System.getProperty("postgres", "18")));
		assertThat(query("SHOW server_version")).startsWith(Integer.toString(server.majorVersion()));
		assertThat(query("SHOW max_connections")).isEqualTo("17");
		assertThat(query("SHOW log_line_prefix")).isEqualTo("it''s ");
		assertThat(query("SHOW fsync")).isEqualTo("off");
	}

	@ParameterizedTest
	@EnumSource(StopMode.class)
	void stopsAndStartsAgainWithItsDataOnItsPort(StopMode mode) throws Exception {
		int port = server.port();
		jdbc().execute("CREATE TABLE before_" + mode + " AS SELECT 1 AS x");
		server.stop(mode);
		assertThat(server.isRunning()).isFalse();
		assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> new Socket(server.host(), port));
		server.stop(mode);
		server.start();
		assertThat(server.port()).isEqualTo(port);
		assertThat(query("SELECT x FROM before_" + mode)).isEqualTo("1");
		assertThatIllegalStateException().isThrownBy(server::start);
	}

	@Test
	void hasNewSettingsAfterAStart() {
		server.configure("work_mem=77kB");
		assertThat(query("SHOW work_mem")).isNotEqualTo("77kB");
		server.stop(StopMode.FAST);
		server.start();
		assertThat(query("SHOW work_mem")).isEqualTo("77kB");
	}

	@Test
	void tellsItsClientsWhenItStops() throws SQLException {
		try (Connection connection = server.dataSource("postgres").getConnection()) {
			server.stop(StopMode.FAST);
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.unwrap(PGConnection.class).getNotifications(30_000))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("57P01"));
		}
	}

	@Test
	void diesWithoutAWordAndRecovers() throws SQLException {
		jdbc().execute("CREATE TABLE before_death AS SELECT 1 AS x");
		try (Connection connection = server.dataSource("postgres").getConnection()) {
			server.kill();
			assertThat(server.isRunning()).isFalse();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.unwrap(PGConnection.class).getNotifications(30_000))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08006"));
		}
		server.start();
		assertThat(query("SELECT x FROM before_death")).isEqualTo("1");
	}

	@Test
	void freezesAndThaws() throws SQLException {
		try (Connection connection = server.dataSource("postgres").getConnection()) {
			server.freeze();
			assertThat(server.isRunning()).isTrue();
			assertThat(connection.isValid(1)).isFalse();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> DriverManager
				.getConnection(server.jdbcUrl("postgres") + "?loginTimeout=1", server.username(), "")
				.close());
		}
		server.thaw();
		assertThat(query("SELECT 1")).isEqualTo("1");
	}

	@Test
	void stopsAlsoWhenFrozen() {
		server.freeze();
		server.stop(StopMode.FAST);
		assertThat(server.isRunning()).isFalse();
	}

	@Test
	void freezesAndKillsOneBackend() throws SQLException {
		try (Connection connection = server.dataSource("postgres").getConnection()) {
			int backend = connection.unwrap(PGConnection.class).getBackendPID();
			server.freeze(backend);
			connection.setNetworkTimeout(Runnable::run, 1_000);
			assertThat(query("SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend)).isEqualTo("1");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.createStatement().execute("SELECT 1"));
			server.thaw(backend);
		}
		try (Connection connection = server.dataSource("postgres").getConnection()) {
			server.kill(connection.unwrap(PGConnection.class).getBackendPID());
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.unwrap(PGConnection.class).getNotifications(30_000));
		}
		server.awaitReady();
		assertThat(query("SELECT 1")).isEqualTo("1");
	}

	@Test
	void saysWhyItDoesNotStart() throws Exception {
		try (ControllableServer broken = new ControllableServer("max_connections=many")) {
			assertThatIllegalStateException().isThrownBy(broken::start).withMessageContaining("max_connections");
			assertThat(broken.isRunning()).isFalse();
			assertThat(Files.exists(broken.directory())).isTrue();
		}
	}

	@Test
	void theEndOfTheJvmLeavesNothingBehind() {
		try (ChildJvm child = ChildJvm.of(ServerOwner.class).start()) {
			int port = Integer.parseInt(child.awaitLine("\\d+"));
			Path directory = Path.of(child.awaitLine("/.*"));
			assertThat(directory).exists();
			child.terminate();
			assertThat(child.awaitExit()).isEqualTo(143);
			assertThat(child.errorLines()).isEmpty();
			assertThat(directory).doesNotExist();
			assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> new Socket(server.host(), port));
		}
	}

	private static JdbcTemplate jdbc() {
		return new JdbcTemplate(server.dataSource("postgres"));
	}

	private static String query(String sql) {
		return jdbc().queryForObject(sql, String.class);
	}

	/**
	 * Does not close its server.
	 */
	static final class ServerOwner {

		private ServerOwner() {
		}

		public static void main(String[] args) throws InterruptedException {
			ControllableServer server = new ControllableServer().start();
			System.out.println(server.port());
			System.out.println(server.directory());
			Thread.currentThread().join();
		}

	}

}
