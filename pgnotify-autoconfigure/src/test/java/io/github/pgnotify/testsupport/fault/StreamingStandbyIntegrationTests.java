package io.github.pgnotify.testsupport.fault;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.jdbc.core.JdbcTemplate;

import io.github.pgnotify.testsupport.fault.ControllableServer.StopMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

@Timeout(120)
class StreamingStandbyIntegrationTests {

	private static ControllableServer primary;

	@BeforeAll
	static void start() {
		primary = new ControllableServer().start();
	}

	@AfterAll
	static void close() {
		primary.close();
	}

	@Test
	void followsAndIsPromoted() {
		try (ControllableServer doomed = new ControllableServer("max_connections=30").start();
				StreamingStandby standby = new StreamingStandby(doomed)) {
			jdbc(doomed).execute("CREATE TABLE replicated AS SELECT 1 AS x");
			standby.awaitCaughtUp();
			assertThat(query(standby.server(), "SELECT x FROM replicated")).isEqualTo("1");
			assertThat(query(standby.server(), "SHOW max_connections")).isEqualTo("30");
			assertThatException().isThrownBy(() -> jdbc(standby.server()).execute("LISTEN x"))
				.withMessageContaining("during recovery");
			doomed.kill();
			standby.promote();
			jdbc(standby.server()).execute("INSERT INTO replicated VALUES (2)");
			jdbc(standby.server()).execute("NOTIFY x");
			standby.server().stop(StopMode.FAST);
			standby.server().start();
			assertThat(query(standby.server(), "SELECT sum(x) FROM replicated")).isEqualTo("3");
		}
	}

	@Test
	void lacksWhatTheLinkDidNotForward() {
		try (TcpProxy link = new TcpProxy(primary.host(), primary.port());
				StreamingStandby standby = new StreamingStandby(primary, link)) {
			jdbc(primary).execute("CREATE TABLE sent AS SELECT 1 AS x");
			standby.awaitCaughtUp();
			link.stopForwarding();
			jdbc(primary).execute("CREATE TABLE unsent AS SELECT 1 AS x");
			link.awaitStalled(Direction.SERVER_TO_CLIENT);
			standby.promote();
			assertThat(query(standby.server(), "SELECT to_regclass('sent')")).isEqualTo("sent");
			assertThat(query(standby.server(), "SELECT to_regclass('unsent')")).isNull();
		}
	}

	@Test
	void catchesUpAfterItWasDown() {
		try (StreamingStandby standby = new StreamingStandby(primary)) {
			standby.server().kill();
			jdbc(primary).execute("CREATE TABLE while_down AS SELECT 1 AS x");
			standby.server().start();
			standby.awaitCaughtUp();
			assertThat(query(standby.server(), "SELECT x FROM while_down")).isEqualTo("1");
		}
	}

	@Test
	void leavesNothingOnThePrimary() {
		StreamingStandby standby = new StreamingStandby(primary);
		assertThat(query(primary, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("1");
		standby.close();
		assertThat(query(primary, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
		assertThat(standby.server().directory()).doesNotExist();
		assertThat(standby.server().isRunning()).isFalse();
	}

	private static JdbcTemplate jdbc(ControllableServer server) {
		return new JdbcTemplate(server.dataSource("postgres"));
	}

	private static String query(ControllableServer server, String sql) {
		return jdbc(server).queryForObject(sql, String.class);
	}

}
