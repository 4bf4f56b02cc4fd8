package io.github.pgnotify.tablechange;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;
import io.github.pgnotify.testsupport.fault.CloggedQueue;
import io.github.pgnotify.testsupport.fault.ControllableServer;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a live trigger cannot survive, and a durable one without announcement does.
 */
class FullNotificationQueueIntegrationTests {

	@Test
	void aDurableTriggerNeitherMindsAFullQueueNorPreparedTransactions() throws SQLException {
		try (ControllableServer server = new ControllableServer("max_prepared_transactions=2")) {
			// Only since PostgreSQL 17 can the queue be made small
			boolean small = server.majorVersion() >= 17;
			(small ? server.configure("max_notify_queue_pages=64") : server).start();
			JdbcTemplate jdbc = new JdbcTemplate(server.dataSource("postgres"));
			new QueueSchema(server.dataSource("postgres"), "queue").migrate();
			jdbc.execute("CREATE TABLE stored (id int PRIMARY KEY); CREATE TABLE live (id int PRIMARY KEY)");
			PgTableTriggers triggers = new PgTableTriggers(server.dataSource("postgres"),
					new TriggerSettings(Mode.APPLY, "test", "queue", true, Duration.ofSeconds(10), Path.of("unused")));
			triggers.declare(List.of(TableTrigger.of("stored", "stored").delivery(DeliveryMode.DURABLE).build(),
					TableTrigger.of("live", "live").build()));
			triggers.apply();
			jdbc.execute("BEGIN; INSERT INTO stored VALUES (1); PREPARE TRANSACTION 'one'");
			jdbc.execute("COMMIT PREPARED 'one'");
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> jdbc.execute("BEGIN; INSERT INTO live VALUES (1); PREPARE TRANSACTION 'two'"))
				.withStackTraceContaining("cannot PREPARE a transaction that has executed LISTEN, UNLISTEN, or NOTIFY");
			if (small) {
				try (CloggedQueue clogged = new CloggedQueue(server)) {
					jdbc.execute("INSERT INTO stored VALUES (2)");
					assertThatExceptionOfType(DataAccessException.class)
						.isThrownBy(() -> jdbc.execute("INSERT INTO live VALUES (2)"))
						.withStackTraceContaining("too many notifications in the NOTIFY queue");
					assertThat(clogged).isNotNull();
				}
			}
			assertThat(jdbc.queryForObject("SELECT count(*) FROM queue.message", Integer.class))
				.isEqualTo(small ? 2 : 1);
			assertThat(jdbc.queryForObject("SELECT count(*) FROM live", Integer.class)).isZero();
		}
	}

}
