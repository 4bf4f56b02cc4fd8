package io.github.pgnotify.testsupport;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

class StandbyServerIntegrationTests {

	@Test
	void isInRecoveryAndGoneWhenClosed() {
		JdbcTemplate jdbc;
		Path dataDirectory;
		try (StandbyServer standby = new StandbyServer()) {
			jdbc = new JdbcTemplate(new DriverManagerDataSource(standby.jdbcUrl(), standby.username(), ""));
			assertThat(jdbc.queryForObject("SELECT pg_is_in_recovery()", Boolean.class)).isTrue();
			assertThat(jdbc.queryForObject("SHOW server_version", String.class))
				.startsWith(System.getProperty("postgres", "18"));
			assertThatException().isThrownBy(() -> jdbc.execute("LISTEN channel"))
				.withMessageContaining("during recovery");
			dataDirectory = Path.of(String.valueOf(jdbc.queryForObject("SHOW data_directory", String.class)));
			assertThat(dataDirectory).exists();
		}
		assertThatException().isThrownBy(() -> jdbc.execute("SELECT 1")).withStackTraceContaining("refused");
		assertThat(dataDirectory).doesNotExist();
	}

}
