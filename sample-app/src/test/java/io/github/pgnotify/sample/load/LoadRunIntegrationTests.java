package io.github.pgnotify.sample.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.sample.postgres.TestPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The load run finds what is lost and what arrives twice, in each mode.
 */
@ExtendWith(OutputCaptureExtension.class)
class LoadRunIntegrationTests {

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private static Path directory;

	private static TestPostgres postgres;

	private static JdbcClient jdbc;

	@BeforeAll
	static void startPostgres() {
		postgres = TestPostgres.start(directory.resolve("data"));
		jdbc = JdbcClient
			.create(new SimpleDriverDataSource(new org.postgresql.Driver(), postgres.jdbcUrl(), postgres.user(), ""));
		assertThat(load(List.of(), "--load.rows=1")).isZero();
	}

	@AfterAll
	static void stopPostgres() throws Exception {
		postgres.close();
	}

	@AfterEach
	void mend() {
		jdbc.sql("DROP TRIGGER IF EXISTS sabotage ON queue.message").update();
		jdbc.sql("DROP FUNCTION IF EXISTS sabotage").update();
	}

	@ParameterizedTest
	@EnumSource
	void everythingArrivesOnceAndNothingRemains(LoadMode mode, CapturedOutput output) {
		assertThat(load(List.of(), "--load.mode=" + mode, "--load.rows=500", "--load.writers=3", "--load.listeners=2",
				"--load.payload-size=9KB"))
			.isZero();
		assertThat(output).contains("written 500   arrived 500   lost 0   duplicated 0   errors 0   gaps 0")
			.containsPattern("\nwriter 1 .*\nwriter 2 .*\nwriter 3 .*\nlistener 1 ")
			.containsPattern("writes/s +[0-9,]+\nnotifications/s +[0-9,]+\n")
			.containsPattern("latency in ms +p50 [0-9.]+  p90 [0-9.]+  p99 [0-9.]+  p99.9 [0-9.]+  max [0-9.]+\n");
		assertThat(processed(output, "writer")).isEqualTo(500);
		assertThat(processed(output, "listener")).isEqualTo(500);
		assertThat(jdbc.sql("SELECT count(*) FROM queue.message").query(Integer.class).single()).isZero();
		assertThat(jdbc.sql("SELECT count(*) FROM queue.subscription").query(Integer.class).single()).isZero();
	}

	@ParameterizedTest
	@EnumSource(names = { "ANNOUNCED", "STORED" })
	void aRowThatGoesElsewhereIsLost(LoadMode mode, CapturedOutput output) {
		sabotage("BEFORE INSERT", "NEW.channel := 'elsewhere'");
		assertThat(load(List.of(), "--load.mode=" + mode, "--load.rows=100")).isEqualTo(1);
		assertThat(output).contains("written 100   arrived 99   lost 1   duplicated 0   errors 0   gaps 0");
	}

	@ParameterizedTest
	@EnumSource(names = { "ANNOUNCED", "STORED" })
	void aRowThatIsStoredTwiceIsDuplicated(LoadMode mode, CapturedOutput output) {
		sabotage("AFTER INSERT", """
				IF pg_trigger_depth() = 1 THEN
				  INSERT INTO queue.message (channel, data, announce) VALUES (NEW.channel, NEW.data, NEW.announce);
				END IF
				""");
		assertThat(load(List.of(), "--load.mode=" + mode, "--load.rows=100")).isEqualTo(1);
		assertThat(output).contains("written 100   arrived 100   lost 0   duplicated 1   errors 0   gaps 0");
	}

	@Test
	void whatIsSentWhileNobodyListensIsLost(CapturedOutput output) {
		assertThat(load(List.of(ConnectionKiller.class), "--load.mode=live", "--load.duration=3s")).isEqualTo(1);
		assertThat(output).containsPattern("lost [1-9][0-9,]*   duplicated 0   errors 0   gaps [1-9]");
	}

	@Test
	void aNotificationThatIsSentTwiceIsDuplicated(CapturedOutput output) {
		assertThat(load(List.of(Repeater.class), "--load.mode=live", "--load.rows=100")).isEqualTo(1);
		assertThat(output).contains("written 100   arrived 100   lost 0   duplicated 1   errors 0   gaps 0");
	}

	@Test
	void aWriteThatIsRefusedIsNotLostButAnError(CapturedOutput output) {
		sabotage("BEFORE INSERT", "RAISE 'not this one'");
		assertThat(load(List.of(), "--load.rows=100")).isEqualTo(2);
		assertThat(output).contains("written 99   arrived 99   lost 0   duplicated 0   errors 1   gaps 0")
			.containsPattern("The first write that failed: .*not this one");
	}

	@Test
	void writesAtARate(CapturedOutput output) {
		assertThat(load(List.of(), "--load.rate=100", "--load.duration=2s")).isZero();
		assertThat(processed(output, "writer")).isBetween(100, 204);
		assertThat(output).containsPattern("\\[#+-+] +\\d+ %  written ");
	}

	/**
	 * Does something else with the row of number 17.
	 */
	private static void sabotage(String when, String statement) {
		jdbc.sql("""
				CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN %s; RETURN NEW; END $$
				""".formatted(statement)).update();
		jdbc.sql("""
				CREATE TRIGGER sabotage %s ON queue.message FOR EACH ROW
				WHEN (NEW.data ->> 'number' = '17') EXECUTE FUNCTION sabotage()
				""".formatted(when)).update();
	}

	private static int load(List<Class<?>> saboteurs, String... arguments) {
		List<String> all = new ArrayList<>(List.of("--spring.datasource.url=" + postgres.jdbcUrl(),
				"--spring.datasource.username=" + postgres.user(), "--load.patience=1s"));
		all.addAll(List.of(arguments));
		SpringApplication application = LoadApplication.application();
		application.addPrimarySources(Set.copyOf(saboteurs));
		return SpringApplication.exit(application.run(all.toArray(String[]::new)));
	}

	private static int processed(CapturedOutput output, String worker) {
		String last = output.toString().substring(output.toString().lastIndexOf("\nWriting "));
		Matcher lines = Pattern.compile("\n" + worker + " \\d+ +\\S+ s +\\S+ s +([0-9,]+) ").matcher(last);
		return lines.results().mapToInt((line) -> Integer.parseInt(line.group(1).replace(",", ""))).sum();
	}

	/**
	 * Has the server end the listening connection, once.
	 */
	static class ConnectionKiller {

		private final AtomicBoolean done = new AtomicBoolean();

		private final JdbcClient jdbc;

		ConnectionKiller(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@PgListener(channels = "${load.channel}", id = "killer")
		void arrived(String row) {
			if (this.done.compareAndSet(false, true)) {
				this.jdbc.sql("""
						SELECT pg_terminate_backend(pid) FROM pg_stat_activity
						WHERE datname = current_database() AND application_name LIKE '%/pgnotify'
						""").query().listOfRows();
			}
		}

	}

	/**
	 * Sends the first notification again, once.
	 */
	static class Repeater {

		private final AtomicBoolean done = new AtomicBoolean();

		private final PgNotifyOperations template;

		private final String channel;

		Repeater(PgNotifyOperations template, @Value("${load.channel}") String channel) {
			this.template = template;
			this.channel = channel;
		}

		@PgListener(channels = "${load.channel}", id = "repeater")
		void arrived(String row) {
			if (this.done.compareAndSet(false, true)) {
				this.template.convertAndSend(this.channel, row);
			}
		}

	}

}
