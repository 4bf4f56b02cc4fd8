package io.github.pgnotify.tablechange;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.lifecycle.DaemonThreads;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TriggerDifference.Kind;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;
import io.github.pgnotify.testsupport.TestDatabase;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import static io.github.pgnotify.tablechange.TriggerDatabase.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How declarations come into the database, stay as they are, and go again.
 */
class TriggerModesIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final TriggerDatabase triggers = new TriggerDatabase(this.database);

	@TempDir
	Path directory;

	@BeforeEach
	void createTable() {
		this.triggers.withQueue();
		this.database.execute("CREATE TABLE note (id serial PRIMARY KEY, title text)");
	}

	@Test
	void aSecondApplyChangesNothing() {
		TableTrigger[] declared = { on("note").columns("title").whenChanged("title").build(),
				TableTrigger.of("stored", "note").delivery(DeliveryMode.DURABLE).build(),
				TableTrigger.of("counted", "note").level(Level.STATEMENT).build() };
		assertThat(this.triggers.declare(declared).apply()).extracting(TriggerDifference::kind)
			.containsOnly(Kind.CREATE);
		String before = catalog();
		assertThat(this.triggers.declare(declared).apply()).extracting(TriggerDifference::kind)
			.containsOnly(Kind.UNCHANGED);
		assertThat(catalog()).isEqualTo(before);
	}

	@Test
	void whatIsInactiveOrNotDeclaredAnyMoreIsDropped() {
		this.triggers.apply(on("note").build(), TableTrigger.of("other", "note").build());
		PgTableTriggers declared = this.triggers.apply(on("note").active(false).build());
		assertThat(declared.list()).isEmpty();
		assertThat(this.database
			.queryForString("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'note'::regclass"))
			.isEqualTo("0");
		assertThat(declared.diff()).isEmpty();
	}

	@Test
	void differencesAreToldInWords() {
		PgTableTriggers declared = this.triggers.apply(on("note").build(), TableTrigger.of("old", "note").build());
		this.database.execute("DROP TRIGGER notify_test ON note");
		PgTableTriggers changed = this.triggers.declare(on("note").build(),
				TableTrigger.of("new", "note").active(true).build());
		assertThat(changed.diff()).extracting(TriggerDifference::toString)
			.containsExactly("replace test on public.note (trigger notify_test on public.note is missing)",
					"create new on public.note (it is not there)",
					"drop old on public.note (it is not declared any more)");
		assertThat(declared.list()).hasSize(2);
	}

	@Test
	void aFunctionChangedByHandAndAnOtherTableAreReplaced() throws Exception {
		this.triggers.apply(on("note").build());
		this.database.execute("CREATE OR REPLACE FUNCTION queue.trigger_test() RETURNS trigger LANGUAGE plpgsql "
				+ "AS 'BEGIN RETURN NULL; END'");
		assertThat(this.triggers.apply(on("note").build()).diff()).extracting(TriggerDifference::kind)
			.containsOnly(Kind.UNCHANGED);
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a')")).hasSize(1);
		this.database.execute("CREATE TABLE letter (id int PRIMARY KEY)");
		PgTableTriggers moved = this.triggers.apply(on("letter").build());
		assertThat(moved.list()).singleElement()
			.satisfies((installed) -> assertThat(installed.triggers()).singleElement()
				.extracting(InstalledTrigger.OnTable::table)
				.isEqualTo("public.letter"));
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a')", "INSERT INTO letter VALUES (1)"))
			.hasSize(1);
	}

	@Test
	void aRenamedColumnIsADifferenceAndARenamedTableIsFollowedByItsDeclaration() {
		this.triggers.apply(on("note").columns("*").build());
		this.database.execute("ALTER TABLE note RENAME COLUMN title TO headline");
		assertThat(this.triggers.declare(on("note").columns("*").build()).diff()).extracting(TriggerDifference::kind)
			.containsExactly(Kind.REPLACE);
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.declare(on("note").columns("title").build()).diff())
			.withMessageContaining("names 'title' in columns, and public.note has no such column, only [id, headline]");
		this.database.execute("ALTER TABLE note RENAME TO memo");
		assertThat(this.triggers.apply(on("memo").columns("*").build()).list()).singleElement();
	}

	@Test
	void validateFailsWithTheDriftInWordsAndChangesNothing() {
		PgTableTriggers declared = this.triggers.declare(this.database.dataSource(),
				this.triggers.settings(Mode.VALIDATE), List.of(on("note").build()));
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(declared::start)
			.withMessageContaining("create test on public.note (it is not there)")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("pgnotify.triggers.mode=apply"));
		assertThat(declared.list()).isEmpty();
		declared.apply();
		declared.start();
	}

	@Test
	void offLooksAtNothing() {
		this.triggers
			.declare(this.database.dataSource(), this.triggers.settings(Mode.OFF), List.of(on("nowhere").build()))
			.start();
	}

	@Test
	void theScriptRunByFlywayDoesWhatApplyDoes() throws Exception {
		List<TableTrigger> declared = List.of(
				on("note").columns("title")
					.whenChanged("title")
					.condition("NEW.title <> 'it''s'")
					.on(Operation.INSERT, Operation.UPDATE)
					.build(),
				TableTrigger.of("stored\\'s \"name\"", "note").delivery(DeliveryMode.DURABLE).build(),
				TableTrigger.of("counted", "note").level(Level.STATEMENT).build());
		this.triggers.apply(TableTrigger.of("old", "note").build());
		Path script = this.directory.resolve("sql/V1__triggers.sql");
		this.triggers.declare(this.database.dataSource(), this.triggers.settings(Mode.SCRIPT, "test", script), declared)
			.start();
		assertThat(Files.readString(script)).contains("DROP FUNCTION queue.trigger_old()");
		Flyway.configure()
			.dataSource(this.database.dataSource())
			.locations("filesystem:" + script.getParent())
			.defaultSchema("flyway")
			.load()
			.migrate();
		String byScript = catalog();
		assertThat(this.triggers.declare(declared.toArray(TableTrigger[]::new)).diff())
			.extracting(TriggerDifference::kind)
			.containsOnly(Kind.UNCHANGED);
		Files.delete(script);
		this.triggers.declare(this.database.dataSource(), this.triggers.settings(Mode.SCRIPT, "test", script), declared)
			.start();
		assertThat(script).doesNotExist();
		this.triggers.apply();
		this.triggers.apply(declared.toArray(TableTrigger[]::new));
		assertThat(catalog()).isEqualTo(byScript);
	}

	@Test
	void aRoleThatMayNotCreateTriggersOnlyComparesAndSaysSo() {
		String app = this.database.createRole("app");
		this.database.execute("GRANT SELECT, INSERT ON note TO " + app);
		this.database.execute("GRANT USAGE ON SCHEMA queue TO " + app);
		PgTableTriggers declared = this.triggers.declare(this.database.dataSource(app),
				this.triggers.settings(Mode.APPLY), List.of(on("note").build()));
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(declared::start)
			.withMessageContaining("role '" + app
					+ "' may not change that: it lacks USAGE and CREATE on the schema queue, "
					+ "it does not own the table public.note.\n  - create test on public.note (it is not there)")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("pgnotify.flyway.user"));
		this.triggers.apply(on("note").build());
		declared.start();
	}

	@Test
	void anOwnerThatIsNoSuperuserAppliesWithoutASchema() throws Exception {
		String owner = this.database.createRole("owner");
		this.database.execute("DROP SCHEMA queue CASCADE");
		this.database.execute("GRANT CREATE ON DATABASE " + this.database.name() + " TO " + owner);
		this.database.execute("ALTER TABLE note OWNER TO " + owner);
		this.triggers
			.declare(this.database.dataSource(owner), this.triggers.settings(Mode.APPLY), List.of(on("note").build()))
			.start();
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a')")).hasSize(1);
	}

	@Test
	void applicationsLeaveEachOthersTriggersAlone() {
		this.triggers.apply(on("note").build());
		TriggerSettings settings = this.triggers.settings(Mode.APPLY, "other", Path.of("unused.sql"));
		PgTableTriggers other = this.triggers.declare(this.database.dataSource(), settings,
				List.of(TableTrigger.of("mine", "note").build()));
		other.start();
		assertThat(other.list()).extracting(InstalledTrigger::application).containsExactlyInAnyOrder("test", "other");
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(
				() -> this.triggers.declare(this.database.dataSource(), settings, List.of(on("note").build())).apply())
			.withMessageContaining("is already declared by another application, 'test'");
	}

	@Test
	void anApplicationWithoutNameAndDeclarationsDropsNothing() {
		TriggerSettings settings = this.triggers.settings(Mode.APPLY, TriggerSettings.UNNAMED, Path.of("unused.sql"));
		this.triggers.declare(this.database.dataSource(), settings, List.of(on("note").build())).start();
		PgTableTriggers nothing = this.triggers.declare(this.database.dataSource(), settings, List.of());
		nothing.start();
		assertThat(nothing.list()).hasSize(1);
	}

	@Test
	void whatSomebodyElseCreatedIsNotTouched() {
		this.database.execute(
				"CREATE FUNCTION queue.trigger_test() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("note").build()))
			.withMessageContaining("there is one that pgnotify did not create");
	}

	@Test
	void aTriggerThatSomebodyDisabledStaysDisabled() throws Exception {
		PgTableTriggers declared = this.triggers.apply(on("note").build());
		this.database.execute("ALTER TABLE note DISABLE TRIGGER notify_test");
		declared.start();
		assertThat(declared.list().get(0).triggers().get(0).enabled()).isFalse();
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a')")).isEmpty();
	}

	@Test
	void nothingIsChangedIfOneStatementFails() {
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("note").build(),
					TableTrigger.of("wrong", "note").condition("NEW.nonsense").build()))
			.withMessageContaining("Could not create wrong on public.note")
			.withMessageContaining("nonsense");
		assertThat(this.triggers.declare().list()).isEmpty();
	}

	@Test
	void aTableInUseIsNotWaitedForForEver() throws Exception {
		try (Connection writer = this.database.dataSource().getConnection();
				Statement statement = writer.createStatement()) {
			writer.setAutoCommit(false);
			statement.execute("INSERT INTO note (title) VALUES ('a')");
			PgTableTriggers declared = this.triggers.declare(this.database.dataSource(), new TriggerSettings(Mode.APPLY,
					"test", "queue", true, Duration.ofMillis(50), Path.of("unused.sql")), List.of(on("note").build()));
			assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(declared::start)
				.withMessageContaining("the table was in use for longer than 50 ms");
		}
	}

	@Test
	void manyApplyAtOnce() {
		List<CompletableFuture<?>> instances = new java.util.ArrayList<>();
		for (int i = 0; i < 4; i++) {
			instances.add(CompletableFuture.runAsync(() -> this.triggers
				.declare(on("note").columns("title").build(),
						TableTrigger.of("stored", "note").delivery(DeliveryMode.DURABLE).build())
				.start(), DaemonThreads.many("apply")));
		}
		CompletableFuture.allOf(instances.toArray(CompletableFuture[]::new)).join();
		assertThat(this.triggers.declare().list()).hasSize(2);
	}

	@Test
	void aTableWithRowLevelSecurityIsRefusedUnlessThatIsKnown() {
		this.database.execute("ALTER TABLE note ENABLE ROW LEVEL SECURITY");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("note").build()))
			.withMessageContaining("row-level security");
		assertThat(this.triggers.apply(on("note").acknowledgeRowSecurity(true).build()).list()).hasSize(1);
	}

	/**
	 * All that is installed, as the server tells it.
	 */
	private String catalog() {
		return String.join("\n",
				this.database.jdbc()
					.queryForList(
							"""
									SELECT pg_get_functiondef(p.oid) || coalesce(obj_description(p.oid, 'pg_proc'), '') || coalesce(p.proacl::text, '')
									FROM pg_proc AS p WHERE p.pronamespace = 'queue'::regnamespace AND p.proname LIKE 'trigger%'
									UNION ALL
									SELECT pg_get_triggerdef(t.oid) || coalesce(obj_description(t.oid, 'pg_trigger'), '')
									FROM pg_trigger AS t WHERE NOT t.tgisinternal AND t.tgrelid = 'note'::regclass
									ORDER BY 1""",
							String.class));
	}

}
