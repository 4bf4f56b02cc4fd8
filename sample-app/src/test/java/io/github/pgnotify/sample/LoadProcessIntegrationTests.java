package io.github.pgnotify.sample;

import java.nio.file.Path;
import java.time.Duration;

import io.github.pgnotify.sample.postgres.PostgresProcesses;
import io.github.pgnotify.sample.postgres.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The load run as it is started by hand.
 */
class LoadProcessIntegrationTests {

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private Path directory;

	@Test
	void endsWithSuccessAndItsOwnPostgres() throws Exception {
		Path data = this.directory.resolve("data");
		try (SampleProcess load = SampleProcess.load("--sample.postgres.data-directory=" + data, "--load.rows=100")) {
			assertThat(load.awaitExit()).isZero();
			load.awaitOutput("written 100   arrived 100   lost 0   duplicated 0   errors 0");
			load.awaitOutput("Everything arrived once");
		}
		await().atMost(Duration.ofSeconds(20)).until(() -> PostgresProcesses.of(data).isEmpty());
	}

	@Test
	void failsWhenSomethingIsLostOnAnyDatabase() throws Exception {
		try (TestPostgres postgres = TestPostgres.start(this.directory.resolve("other"))) {
			String[] arguments = { "--spring.datasource.url=" + postgres.jdbcUrl(),
					"--spring.datasource.username=" + postgres.user(), "--load.mode=stored", "--load.rows=100",
					"--load.patience=1s" };
			try (SampleProcess load = SampleProcess.load(arguments)) {
				assertThat(load.awaitExit()).isZero();
			}
			JdbcClient jdbc = JdbcClient.create(
					new SimpleDriverDataSource(new org.postgresql.Driver(), postgres.jdbcUrl(), postgres.user(), ""));
			jdbc.sql("""
					CREATE FUNCTION misroute() RETURNS trigger LANGUAGE plpgsql AS $$
					BEGIN NEW.channel := 'elsewhere'; RETURN NEW; END $$
					""").update();
			jdbc.sql("""
					CREATE TRIGGER misroute BEFORE INSERT ON queue.message FOR EACH ROW
					WHEN (NEW.data ->> 'number' = '17') EXECUTE FUNCTION misroute()
					""").update();
			try (SampleProcess load = SampleProcess.load(arguments)) {
				assertThat(load.awaitExit()).isEqualTo(1);
				load.awaitOutput("written 100   arrived 99   lost 1   duplicated 0   errors 0");
			}
		}
	}

}
