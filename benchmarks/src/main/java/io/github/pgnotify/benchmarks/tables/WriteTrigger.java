package io.github.pgnotify.benchmarks.tables;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.tablechange.PgTableTriggers;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TriggerSettings;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * What is on the table that is written to.
 */
enum WriteTrigger {

	/** Nothing. */
	NONE("no trigger") {

		@Override
		void install(Database database, String table) {
		}

	},

	/** As little as one can write who wants to know which row it was. */
	HAND_WRITTEN("hand-written pg_notify trigger") {

		@Override
		void install(Database database, String table) throws SQLException {
			database.execute("""
					CREATE OR REPLACE FUNCTION bench_tables.tell() RETURNS trigger LANGUAGE plpgsql AS $$
					BEGIN
						PERFORM pg_notify('bench_tables', json_build_object('id', NEW.id)::text);
						RETURN NULL;
					END $$;
					CREATE TRIGGER tell AFTER INSERT ON bench_tables.%s
					FOR EACH ROW EXECUTE FUNCTION bench_tables.tell()""".formatted(table));
		}

	},

	/** Live, for each row, with the key. */
	ROW("pgnotify") {

		@Override
		void install(Database database, String table) {
			apply(database, trigger(table).build());
		}

	},

	/** Stored, for each row, with the key. */
	DURABLE("pgnotify, durable") {

		@Override
		void install(Database database, String table) {
			new QueueSchema(dataSource(database), WriteRows.SCHEMA).migrate();
			apply(database, trigger(table).delivery(DeliveryMode.DURABLE).build());
		}

	},

	/** Live, once for a statement, with a count. */
	STATEMENT("pgnotify") {

		@Override
		void install(Database database, String table) {
			apply(database, trigger(table).level(Level.STATEMENT).build());
		}

	};

	private final String contender;

	WriteTrigger(String contender) {
		this.contender = contender;
	}

	String contender() {
		return this.contender;
	}

	/**
	 * Puts it on an empty table. What it declares is an application's of its own, so that
	 * it drops nothing of another table.
	 */
	abstract void install(Database database, String table) throws SQLException;

	private static TableTrigger.Builder trigger(String table) {
		return TableTrigger.of(table, WriteRows.SCHEMA + "." + table).channel(WriteRows.SCHEMA).on(Operation.INSERT);
	}

	private static DriverManagerDataSource dataSource(Database database) {
		return new DriverManagerDataSource(database.url(), database.user(), database.password());
	}

	private static void apply(Database database, TableTrigger trigger) {
		PgTableTriggers triggers = new PgTableTriggers(dataSource(database), new TriggerSettings(Mode.APPLY,
				trigger.name(), WriteRows.SCHEMA, true, Duration.ofSeconds(10), Path.of("unused.sql")));
		triggers.declare(List.of(trigger));
		triggers.apply();
	}

}
