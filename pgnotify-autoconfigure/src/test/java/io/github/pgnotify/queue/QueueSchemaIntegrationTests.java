package io.github.pgnotify.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.testsupport.TestDatabase;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class QueueSchemaIntegrationTests {

	private static final String TREETRACKER = """
			CREATE SCHEMA queue;
			CREATE TABLE queue.message (
			  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), channel text, data json,
			  created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
			INSERT INTO queue.message (channel, data, created_at)
			VALUES ('sports', '{"game":"NFL"}', '2024-09-06'), ('sports', '"Hello, PostgreSQL!"', '2024-09-05');
			""";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@Nested
	class Migrating {

		@ParameterizedTest
		@ValueSource(strings = { "queue", "My Schema", "a\"b.c'%s$x{},d", "public",
				"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde" })
		void createsTheSchemaOnceWhateverItsName(String name) {
			QueueSchema schema = schema(name);
			schema.migrate();
			insertInto(name);
			schema.migrate();
			schema.validate();
			assertThat(query("SELECT count(*) FROM " + new SchemaName(name).quoted() + ".message")).isEqualTo("1");
		}

		@Test
		void marksTheTableWithTheVersionOfTheNewestScript() throws IOException {
			int newest = scripts().lastKey();
			schema().migrate();
			assertThat(QueueSchema.VERSION).isEqualTo(newest);
			assertThat(state().version()).isEqualTo(newest);
		}

		@ParameterizedTest
		@ValueSource(strings = { "SELECT 1", "CREATE SCHEMA queue", "CREATE SCHEMA queue; CREATE TABLE queue.x ()" })
		void worksFromManyProcessesAtOnce(String before) throws Exception {
			execute(before);
			int processes = 6;
			CyclicBarrier start = new CyclicBarrier(processes);
			Callable<Void> migration = () -> {
				start.await();
				schema().migrate();
				return null;
			};
			ExecutorService executor = Executors.newFixedThreadPool(processes);
			try {
				for (Future<Void> done : executor
					.invokeAll(Stream.generate(() -> migration).limit(processes).toList())) {
					assertThat(done).succeedsWithin(Duration.ofSeconds(60));
				}
			}
			finally {
				executor.shutdownNow();
			}
			insertInto("queue");
			schema().validate();
		}

		@Test
		void leavesTheApplicationsTablesAndItsFlywayAlone() {
			execute("CREATE TABLE customer (id int); CREATE TABLE flyway_schema_history (mine text)");
			schema().migrate();
			assertThat(query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).isEqualTo("2");
			assertThat(query("SELECT count(*) FROM flyway_schema_history")).isEqualTo("0");
		}

		@Test
		void doesNotMindAnApplicationThatMigratesTheSameSchema() {
			Flyway application = Flyway.configure()
				.dataSource(QueueSchemaIntegrationTests.this.database.dataSource())
				.schemas("queue")
				.locations("classpath:db/none")
				.load();
			application.migrate();
			schema().migrate();
			application.migrate();
			assertThat(query("SELECT count(*) FROM queue.flyway_schema_history WHERE version IS NOT NULL"))
				.isEqualTo("0");
			insertInto("queue");
		}

		@Test
		void usesASchemaThatHoldsOtherThings() {
			execute("CREATE SCHEMA queue; CREATE TABLE queue.other (id int); "
					+ "CREATE FUNCTION queue.new_message_notify() RETURNS int LANGUAGE sql AS 'SELECT 1'");
			schema().migrate();
			insertInto("queue");
			assertThat(query("SELECT count(*) FROM queue.other")).isEqualTo("0");
		}

		@Test
		void takesOverTablesMadeByHand() throws IOException {
			runScriptsByHand();
			insertInto("queue");
			schema().migrate();
			schema().migrate();
			assertThat(query("SELECT count(*) FROM queue.message")).isEqualTo("1");
			assertThat(query("SELECT max(version) FROM queue.pgnotify_schema_history WHERE type = 'BASELINE'"))
				.isEqualTo(String.valueOf(QueueSchema.VERSION));
		}

		@Test
		void leavesNewerTablesAsTheyAre() {
			schema().migrate();
			execute("COMMENT ON TABLE queue.message IS 'pgnotify schema version 999'; "
					+ "INSERT INTO queue.pgnotify_schema_history SELECT 999, '999', 'newer', 'SQL', "
					+ "'V999__newer.sql', 1, installed_by, now(), 1, true FROM queue.pgnotify_schema_history LIMIT 1");
			schema().migrate();
			schema().validate();
			assertThat(state().version()).isEqualTo(999);
		}

		@Test
		void stillKnowsItsTableIfCommentsWereLostWithABackup() {
			schema().migrate();
			execute("COMMENT ON TABLE queue.message IS NULL");
			schema().migrate();
			insertInto("queue");
		}

		@Test
		void leavesNoConnectionBehind() {
			schema().migrate();
			assertThat(query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
					+ "AND pid <> pg_backend_pid()"))
				.isEqualTo("0");
		}

	}

	@Nested
	class Rights {

		private final String role = QueueSchemaIntegrationTests.this.database.createRole("app");

		@Test
		void ownershipOfTheSchemaIsEnough() {
			execute("CREATE SCHEMA queue AUTHORIZATION " + this.role);
			schemaAs(this.role).migrate();
			insertInto("queue");
		}

		@Test
		void aGrantToCreateInTheSchemaIsEnough() {
			execute("CREATE SCHEMA queue; GRANT USAGE, CREATE ON SCHEMA queue TO " + this.role);
			schemaAs(this.role).migrate();
			insertInto("queue");
		}

		@Test
		void aGrantToCreateInTheDatabaseIsEnough() {
			execute("GRANT CREATE ON DATABASE " + databaseName() + " TO " + this.role);
			schemaAs(this.role).migrate();
			insertInto("queue");
		}

		@Test
		void readingTheHistoryIsEnoughWhenThereIsNothingToDo() {
			schema().migrate();
			execute("GRANT USAGE ON SCHEMA queue TO " + this.role
					+ "; GRANT SELECT ON queue.pgnotify_schema_history TO " + this.role);
			schemaAs(this.role).migrate();
		}

		@Test
		void wantOfTheRightToCreateTheSchemaNamesTheGrant() {
			PgNotifyStartupException refusal = refusal(() -> schemaAs(this.role).migrate());
			assertThat(refusal).hasMessageContainingAll(this.role, "'queue'", databaseName());
			assertThat(refusal.getAction()).contains("pgnotify.flyway.user", "pgnotify.flyway.password",
					"pgnotify.flyway.enabled=false", "classpath:db/pgnotify");
			execute(sqlIn(refusal, "GRANT"));
			schemaAs(this.role).migrate();
		}

		@Test
		void wantOfTheRightToCreateTablesNamesTheGrant() {
			execute("CREATE SCHEMA queue");
			PgNotifyStartupException refusal = refusal(() -> schemaAs(this.role).migrate());
			execute(sqlIn(refusal, "GRANT"));
			schemaAs(this.role).migrate();
		}

		@Test
		void anotherRolesTablesNameTheirOwner() {
			String owner = QueueSchemaIntegrationTests.this.database.createRole("owner");
			execute("CREATE SCHEMA queue; GRANT ALL ON SCHEMA queue TO " + owner + ", " + this.role);
			schemaAs(owner).migrate();
			PgNotifyStartupException refusal = refusal(() -> schemaAs(this.role).migrate());
			assertThat(refusal).hasMessageContaining("permission denied").hasCauseInstanceOf(Exception.class);
			execute(sqlIn(refusal, "GRANT"));
			schemaAs(this.role).migrate();
		}

		@Test
		void validatingNeedsNone() {
			schema().migrate();
			schemaAs(this.role).validate();
		}

		private QueueSchema schemaAs(String user) {
			return new QueueSchema(QueueSchemaIntegrationTests.this.database.dataSource(user), "queue");
		}

	}

	@Nested
	class Refusing {

		@Test
		void aForeignTableIsLeftAloneAndCanBeConverted() {
			execute(TREETRACKER);
			PgNotifyStartupException refusal = refusal(schema()::migrate);
			assertThat(refusal).hasMessageContainingAll("'queue'", databaseName(), "'message'");
			assertThat(refusal.getAction()).contains("pgnotify.schema");
			assertThat(refusal(schema()::validate)).hasMessage(refusal.getMessage());
			assertThat(query("SELECT count(*) FROM pg_class WHERE relname = 'pgnotify_schema_history'")).isEqualTo("0");
			execute(sqlIn(refusal, "ALTER TABLE"));
			schema().migrate();
			execute(sqlIn(refusal, "INSERT INTO"));
			assertThat(QueueSchemaIntegrationTests.this.database.jdbc()
				.queryForList("SELECT data::text FROM queue.message WHERE NOT announce ORDER BY id", String.class))
				.containsExactly("\"Hello, PostgreSQL!\"", "{\"game\":\"NFL\"}");
		}

		@ParameterizedTest
		@ValueSource(strings = { "CREATE VIEW queue.message AS SELECT 1 AS id", "CREATE TABLE queue.message (id int); "
				+ "COMMENT ON TABLE queue.message IS 'not of pgnotify schema version 1'" })
		void anythingElseInTheTablesPlaceIsForeign(String sql) {
			execute("CREATE SCHEMA queue; " + sql);
			assertThat(refusal(schema()::migrate)).hasMessageContaining("that pgnotify did not create");
		}

		@Test
		void anotherSchemaIsTheWayOutToo() {
			execute(TREETRACKER);
			schema("pgnotify").migrate();
			insertInto("pgnotify");
		}

		@Test
		void aDatabaseThatCannotBeWrittenIsRefusedAtOnce() {
			execute("ALTER DATABASE " + databaseName() + " SET default_transaction_read_only = on");
			assertThat(refusal(schema()::migrate)).hasMessageContaining("read-only transaction");
		}

		@Test
		void aFailureOfAnotherKindSaysWhatTheServerSaid() {
			execute("CREATE SCHEMA queue; CREATE FUNCTION queue.announce_messages() RETURNS trigger LANGUAGE plpgsql "
					+ "AS 'BEGIN RETURN NULL; END'");
			assertThat(refusal(schema()::migrate))
				.hasMessageContainingAll("'queue'", databaseName(), "announce_messages", "already exists")
				.hasCauseInstanceOf(Exception.class);
			assertThat(state().tableExists()).isFalse();
		}

	}

	@Nested
	class Validating {

		@Test
		void acceptsTablesMadeByHand() throws IOException {
			runScriptsByHand();
			schema().validate();
			insertInto("queue");
		}

		@Test
		void refusesAMissingSchema() {
			PgNotifyStartupException refusal = refusal(schema()::validate);
			assertThat(refusal).hasMessageContainingAll("'queue'", databaseName(), "has no table 'message'",
					"version " + QueueSchema.VERSION);
			assertThat(refusal.getAction()).contains("classpath:db/pgnotify", "CREATE SCHEMA \"queue\"",
					"pgnotify.flyway.enabled=true");
		}

		@Test
		void refusesASchemaWithoutTheTable() {
			execute("CREATE SCHEMA queue");
			assertThat(refusal(schema()::validate).getAction()).doesNotContain("CREATE SCHEMA");
		}

		@Test
		void refusesAnOlderVersion() {
			schema().migrate();
			execute("COMMENT ON TABLE queue.message IS 'pgnotify schema version 0'");
			assertThat(refusal(schema()::validate)).hasMessageContaining("has version 0;");
		}

		@Test
		void refusesTablesWithoutTheirMark() {
			schema().migrate();
			execute("COMMENT ON TABLE queue.message IS NULL");
			assertThat(refusal(schema()::validate)).hasMessageContaining("without the comment that tells its version");
		}

		@Test
		void changesNothing() {
			refusal(schema()::validate);
			assertThat(query("SELECT count(*) FROM pg_namespace WHERE nspname = 'queue'")).isEqualTo("0");
		}

	}

	private QueueSchema schema() {
		return schema("queue");
	}

	private QueueSchema schema(String name) {
		return new QueueSchema(this.database.dataSource(), name);
	}

	private SchemaState state() {
		return SchemaState.read(this.database.dataSource(), new SchemaName("queue"));
	}

	private String databaseName() {
		return this.database.name();
	}

	private void execute(String sql) {
		this.database.execute(sql);
	}

	private String query(String sql) {
		return this.database.queryForString(sql);
	}

	private void insertInto(String schema) {
		execute("INSERT INTO " + new SchemaName(schema).quoted() + ".message (channel) VALUES ('orders')");
	}

	private void runScriptsByHand() throws IOException {
		execute("CREATE SCHEMA queue");
		for (Resource script : scripts().values()) {
			execute(script.getContentAsString(StandardCharsets.UTF_8).replace("${schema}", "\"queue\""));
		}
	}

	private static SortedMap<Integer, Resource> scripts() throws IOException {
		SortedMap<Integer, Resource> scripts = new TreeMap<>();
		for (Resource script : new PathMatchingResourcePatternResolver().getResources(QueueSchema.LOCATION + "/*")) {
			scripts.put(Integer.valueOf(script.getFilename().replaceFirst("V(\\d+)__.*", "$1")), script);
		}
		return scripts;
	}

	private static PgNotifyStartupException refusal(ThrowingCallable call) {
		return catchThrowableOfType(PgNotifyStartupException.class, call);
	}

	/**
	 * What a reader of the message would copy: from the words to the semicolon.
	 */
	private static String sqlIn(PgNotifyStartupException refusal, String firstWords) {
		String action = refusal.getAction();
		int begin = action.indexOf(firstWords);
		return action.substring(begin, action.indexOf(';', begin));
	}

}
