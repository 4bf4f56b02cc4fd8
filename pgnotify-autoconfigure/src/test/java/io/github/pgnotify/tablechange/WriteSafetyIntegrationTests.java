package io.github.pgnotify.tablechange;

import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;

import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;
import tools.jackson.databind.JsonNode;

import static io.github.pgnotify.tablechange.TriggerDatabase.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A trigger tells in order and keeps changes apart, and whatever it is told of, the write
 * goes on as without it.
 */
class WriteSafetyIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final TriggerDatabase triggers = new TriggerDatabase(database);

	@BeforeEach
	void createTable() {
		database.execute("DROP SCHEMA public CASCADE");
		database.execute("CREATE SCHEMA public");
		database.execute("GRANT USAGE ON SCHEMA public TO PUBLIC");
		database.execute("DROP SCHEMA IF EXISTS queue CASCADE");
		this.triggers.withQueue();
		database.execute("CREATE TABLE note (id serial PRIMARY KEY, title text, body text)");
	}

	@ParameterizedTest
	@EnumSource(DeliveryMode.class)
	void equalRowsAreThreeOrderedChanges(DeliveryMode delivery) throws Exception {
		database.execute("CREATE TABLE plain (title text)");
		this.triggers.apply(on("plain").columns("title").delivery(delivery).build());
		List<JsonNode> live = this.triggers.told("INSERT INTO plain VALUES ('same'), ('same'), ('same')");
		List<JsonNode> told = (delivery == DeliveryMode.LIVE) ? live : this.triggers.stored();
		assertThat(told).hasSize(3)
			.allSatisfy((change) -> assertThat(change.at("/after/title").asString()).isEqualTo("same"))
			.extracting((change) -> change.path("order").asInt())
			.containsExactly(1, 2, 3);
		assertThat(told.stream().map((change) -> change.path("transaction").asLong()).distinct()).hasSize(1);
	}

	@Test
	void theOrderOfATransactionIsKeptAcrossTablesAndBeginsAnewInTheNext() throws Exception {
		database.execute("CREATE TABLE other (id int PRIMARY KEY)");
		this.triggers.apply(on("note").build(), TableTrigger.of("other", "other").channel("changes").build());
		List<JsonNode> told = this.triggers.told("""
				BEGIN;
				INSERT INTO note (title) VALUES ('a');
				INSERT INTO other VALUES (7);
				SAVEPOINT s;
				UPDATE note SET title = 'undone';
				ROLLBACK TO SAVEPOINT s;
				UPDATE note SET title = 'b';
				DELETE FROM other;
				COMMIT""", "DELETE FROM note");
		assertThat(told)
			.extracting((change) -> change.path("table").asString() + " " + change.path("operation").asString() + " "
					+ change.path("order").asInt())
			.containsExactly("note INSERT 1", "other INSERT 2", "note UPDATE 3", "other DELETE 4", "note DELETE 1");
	}

	@ParameterizedTest
	@EnumSource(DeliveryMode.class)
	void nineKilobytesAndAMegabyteAreWritten(DeliveryMode delivery) throws Exception {
		this.triggers.apply(on("note").columns("body").delivery(delivery).build());
		List<JsonNode> live = this.triggers.told("INSERT INTO note (body) VALUES (repeat('x', 9000))",
				"INSERT INTO note (body) VALUES (repeat('é', 500000))");
		assertThat(this.triggers.rows("(SELECT octet_length(body) FROM note)")).containsExactly("(1000000)", "(9000)");
		if (delivery == DeliveryMode.LIVE) {
			assertThat(live).extracting((change) -> change.at("/key/id").asInt()).containsExactly(1, 2);
			assertThat(live).allSatisfy((change) -> {
				assertThat(change.path("truncated").asBoolean()).isTrue();
				assertThat(change.has("after")).isFalse();
			});
		}
		else {
			assertThat(this.triggers.stored()).extracting((change) -> change.at("/after/body").asString().length())
				.containsExactly(9000, 500000);
		}
	}

	@ParameterizedTest
	@EnumSource(DeliveryMode.class)
	void aKeyThatIsTooLongForANotificationOrAMessageIsWritten(DeliveryMode delivery) throws Exception {
		database.execute("CREATE TABLE wide (a text, b text, c text, PRIMARY KEY (a, b, c))");
		this.triggers.apply(on("wide").delivery(delivery).build());
		database.execute("ALTER TABLE wide DROP CONSTRAINT wide_pkey");
		List<JsonNode> live = this.triggers
			.told("INSERT INTO wide VALUES (repeat('a', 9000), repeat('b', 9000), repeat('c', 9000))");
		assertThat(database.queryForString("SELECT length(c) FROM wide")).isEqualTo("9000");
		if (delivery == DeliveryMode.LIVE) {
			assertThat(live).singleElement().satisfies((change) -> {
				assertThat(change.path("truncated").asBoolean()).isTrue();
				assertThat(change.has("key")).isFalse();
			});
		}
		else {
			assertThat(this.triggers.stored()).singleElement()
				.satisfies((change) -> assertThat(change.at("/key/a").asString()).hasSize(9000));
			assertThat(database.queryForString("SELECT octet_length(key) FROM queue.message")).isEqualTo("76");
		}
	}

	@ParameterizedTest
	@EnumSource(Format.class)
	void aColumnRenamedOrDroppedBehindTheTriggerFailsNoWrite(Format format) throws Exception {
		this.triggers.apply(on("note").columns("title", "body").format(format).build());
		database.execute("ALTER TABLE note RENAME COLUMN title TO headline");
		List<JsonNode> told = this.triggers.told("INSERT INTO note (headline) VALUES ('a')",
				"UPDATE note SET body = 'b'", "ALTER TABLE note RENAME COLUMN id TO number", "DELETE FROM note");
		assertThat(this.triggers.rows("note")).isEmpty();
		assertThat(told).hasSize(3).allSatisfy((change) -> assertThat(change.path("truncated").asBoolean()).isTrue());
	}

	@Test
	void aDurableTriggerOfARenamedColumnStoresWhatItCan() throws Exception {
		this.triggers.apply(on("note").columns("title").delivery(DeliveryMode.DURABLE).build());
		database.execute("ALTER TABLE note RENAME COLUMN title TO headline");
		database.execute("INSERT INTO note (headline) VALUES ('a')");
		assertThat(this.triggers.stored()).singleElement().satisfies((change) -> {
			assertThat(change.at("/key/id").asInt()).isEqualTo(1);
			assertThat(change.path("truncated").asBoolean()).isTrue();
		});
	}

	@Test
	void aTypeWhoseOwnFunctionsFailFailsNoWrite() throws Exception {
		database.execute("CREATE TYPE mood AS ENUM ('fine')");
		database.execute(
				"CREATE FUNCTION fail(mood) RETURNS json LANGUAGE plpgsql AS " + "$$BEGIN RAISE EXCEPTION 'no'; END$$");
		database.execute("CREATE CAST (mood AS json) WITH FUNCTION fail(mood)");
		database.execute("CREATE TABLE person (id int PRIMARY KEY, mood mood)");
		this.triggers.apply(on("person").columns("mood").build());
		assertThat(this.triggers.told("INSERT INTO person VALUES (1, 'fine')")).singleElement()
			.satisfies((change) -> assertThat(change.at("/key/id").asInt()).isEqualTo(1));
	}

	@Test
	void whoOwnsATypeRunsNoCodeAsWhoOwnsTheQueue() throws Exception {
		String mallory = role("owner_of_type");
		database.execute("CREATE TABLE seen (who text)");
		database.execute("GRANT INSERT ON seen TO PUBLIC");
		database.execute("GRANT CREATE ON SCHEMA public TO " + mallory);
		asRole(mallory, "CREATE TYPE mood AS ENUM ('fine')",
				"CREATE FUNCTION spy(mood) RETURNS json LANGUAGE plpgsql SECURITY INVOKER AS "
						+ "$$BEGIN INSERT INTO public.seen VALUES (current_user); RETURN '{}'; END$$",
				"CREATE CAST (mood AS json) WITH FUNCTION spy(mood)");
		database.execute("CREATE DOMAIN feeling AS mood");
		database.execute("CREATE TABLE person (id int PRIMARY KEY, mood mood, feeling feeling, other mood)");
		this.triggers.apply(on("person").columns("*").delivery(DeliveryMode.DURABLE).build());
		database.execute("INSERT INTO person VALUES (1, 'fine', 'fine', NULL)");
		assertThat(this.triggers.rows("seen")).isEmpty();
		assertThat(this.triggers.stored()).extracting((change) -> change.path("after").toString())
			.containsExactly("{\"id\":1,\"mood\":\"fine\",\"feeling\":\"fine\",\"other\":null}");
	}

	@Test
	void theKeyOfAMessageIsTheSameInAllSessions() {
		database
			.execute("CREATE TABLE slot (at timestamptz, length interval, during tstzrange, PRIMARY KEY (at, length, "
					+ "during))");
		TableTrigger declared = on("slot").delivery(DeliveryMode.DURABLE).build();
		this.triggers.apply(declared);
		assertThat(this.triggers.declare(declared).diff()).noneMatch(TriggerDifference::isDifferent);
		String row = "'2026-01-02 03:04:05+00', '1 day 2 hours', '[2026-01-02 03:04:05+00,)'";
		database.execute("SET timezone = 'Asia/Kathmandu'; SET intervalstyle = 'sql_standard'; "
				+ "INSERT INTO slot VALUES (" + row + ")");
		database.execute("SET timezone = 'UTC'; SET intervalstyle = 'postgres'; DELETE FROM slot");
		assertThat(this.triggers.stored()).hasSize(2);
		assertThat(database.queryForString("SELECT count(DISTINCT key) FROM queue.message")).isEqualTo("1");
	}

	@Test
	void whatIsNoJsonForTheQueueFailsNoWrite() throws Exception {
		database.execute("CREATE TABLE person (id int PRIMARY KEY, name text)");
		this.triggers.apply(on("person").columns("name").delivery(DeliveryMode.DURABLE).build());
		// As a type would that writes what is no JSON
		String body = database.queryForString("SELECT pg_get_functiondef('queue.trigger_test'::regproc)");
		database.execute(
				body.replace("data := payload::json;\n  EXCEPTION", "data := (payload || '}')::json;\n  EXCEPTION"));
		database.execute("INSERT INTO person VALUES (1, 'a')");
		assertThat(this.triggers.stored()).singleElement().satisfies((change) -> {
			assertThat(change.at("/key/id").asInt()).isEqualTo(1);
			assertThat(change.path("truncated").asBoolean()).isTrue();
		});
	}

	@Test
	void aSettingThatSomebodyMadeNonsenseOfFailsNoWrite() throws Exception {
		this.triggers.apply(on("note").build());
		assertThat(this.triggers.told("BEGIN; SELECT set_config('pgnotify.order', 'nonsense', true); "
				+ "INSERT INTO note (title) VALUES ('a'); COMMIT"))
			.singleElement()
			.satisfies((change) -> assertThat(change.path("truncated").asBoolean()).isTrue());
	}

	@ParameterizedTest
	@EnumSource(DeliveryMode.class)
	void aHostileSearchPathHijacksNothing(DeliveryMode delivery) throws Exception {
		String mallory = role("mallory_" + delivery.name().toLowerCase(Locale.ROOT));
		this.triggers.apply(on("note").columns("title").whenChanged("title").delivery(delivery).build());
		database.execute("GRANT SELECT, INSERT, UPDATE ON note TO " + mallory);
		database.execute("GRANT USAGE ON SEQUENCE note_id_seq TO " + mallory);
		database.execute("DROP SCHEMA IF EXISTS evil CASCADE");
		database.execute("CREATE SCHEMA evil AUTHORIZATION " + mallory);
		String trap = "RETURNS %s LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'HIJACKED as %%', current_user; END$$;";
		asRole(mallory, "CREATE FUNCTION evil.pg_notify(text, text) " + trap.formatted("void"),
				"CREATE FUNCTION evil.set_config(text, text, boolean) " + trap.formatted("text"),
				"CREATE FUNCTION evil.octet_length(text) " + trap.formatted("int"),
				"CREATE FUNCTION evil.textcat(text, text) " + trap.formatted("text"),
				"CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.textcat)",
				"CREATE FUNCTION evil.differs(record, record) " + trap.formatted("boolean"),
				"CREATE OPERATOR evil.*<> (LEFTARG = record, RIGHTARG = record, FUNCTION = evil.differs)",
				"CREATE TABLE evil.message (channel text, key text, data json, announce boolean)",
				"CREATE TEMPORARY TABLE message (channel text, key text, data json, announce boolean)",
				"SET search_path = evil, pg_temp, public, pg_catalog", "INSERT INTO note (title) VALUES ('a')",
				"UPDATE note SET title = 'b'");
		assertThat(this.triggers.rows("note")).containsExactly("(1,b,)");
		if (delivery == DeliveryMode.DURABLE) {
			assertThat(this.triggers.stored()).hasSize(2);
		}
	}

	@Test
	void whoHasNoRightsOnTheQueueWritesToATableWithADurableTrigger() throws Exception {
		String clerk = role("clerk");
		this.triggers.apply(on("note").delivery(DeliveryMode.DURABLE).build(),
				TableTrigger.of("counted", "note")
					.channel("changes")
					.level(Level.STATEMENT)
					.delivery(DeliveryMode.DURABLE)
					.build());
		database.execute("GRANT SELECT, INSERT ON note TO " + clerk);
		database.execute("GRANT USAGE ON SEQUENCE note_id_seq TO " + clerk);
		assertThat(database.queryForString("SELECT has_schema_privilege('" + clerk + "', 'queue', 'USAGE')"))
			.isEqualTo("f");
		asRole(clerk, "INSERT INTO note (title) VALUES ('a')");
		assertThat(this.triggers.stored()).hasSize(2);
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> asRole(clerk, "CREATE TEMPORARY TABLE mine (id int)",
					"CREATE TRIGGER stolen AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION queue.trigger_test()"))
			.withMessageContaining("permission denied");
	}

	@Test
	void functionsOfLiveTriggersHaveTheRightsOfWhoWritesThoseOfDurableOnesOfTheSchemasOwner() {
		String owner = role("owner");
		database.execute("ALTER SCHEMA queue OWNER TO " + owner);
		this.triggers.apply(on("note").build(),
				TableTrigger.of("stored", "note").delivery(DeliveryMode.DURABLE).build());
		assertThat(this.triggers.rows("(SELECT proname, prosecdef, proowner::regrole = '" + owner
				+ "'::regrole, proconfig FROM pg_proc WHERE pronamespace = 'queue'::regnamespace AND proname LIKE 'trigger%')"))
			.containsExactly("(trigger_stored,t,t,\"{\"\"search_path=pg_catalog, pg_temp\"\"}\")",
					"(trigger_test,f,f,\"{\"\"search_path=pg_catalog, pg_temp\"\"}\")");
		database.execute("ALTER SCHEMA queue OWNER TO CURRENT_USER");
	}

	@Test
	void aStatementIsOneChangeWithItsCount() throws Exception {
		this.triggers.apply(on("note").level(Level.STATEMENT)
			.on(Operation.INSERT, Operation.UPDATE, Operation.DELETE, Operation.TRUNCATE)
			.build());
		List<JsonNode> told = this.triggers.told("INSERT INTO note (title) SELECT n FROM generate_series(1, 1000) AS n",
				"UPDATE note SET title = 'x' WHERE id <= 300", "UPDATE note SET title = 'x' WHERE false",
				"DELETE FROM note WHERE id <= 10", "TRUNCATE note");
		assertThat(told).extracting((change) -> change.path("operation").asString() + " " + change.path("count"))
			.containsExactly("INSERT 1000", "UPDATE 300", "DELETE 10", "TRUNCATE ");
		assertThat(database.queryForString("SELECT count(*) FROM note")).isEqualTo("0");
	}

	@Test
	void ofAStatementOnlyRowsThatChangedAreCounted() throws Exception {
		this.triggers.apply(on("note").level(Level.STATEMENT).on(Operation.UPDATE).updateOf("title").build());
		database.execute("INSERT INTO note (title, body) SELECT n, n FROM generate_series(1, 10) AS n");
		assertThat(this.triggers.told("UPDATE note SET body = 'x'", "UPDATE note SET title = title",
				"UPDATE note SET title = CASE id WHEN 1 THEN '2' WHEN 2 THEN '1' ELSE title END"))
			.extracting((change) -> change.path("count").asInt())
			.containsExactly(2);
	}

	@Test
	void beforeAStatementWhatItSetsDecides() throws Exception {
		this.triggers.apply(
				on("note").level(Level.STATEMENT).timing(Timing.BEFORE).on(Operation.UPDATE).updateOf("title").build());
		assertThat(this.triggers.told("UPDATE note SET body = 'a'", "UPDATE note SET title = 'a'")).hasSize(1);
	}

	@Test
	void truncateIsToldOfATriggerForRowsToo() throws Exception {
		this.triggers.apply(on("note").columns("title").on(Operation.values()).build());
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a')", "TRUNCATE note"))
			.extracting((change) -> change.path("operation").asString() + " " + change.has("key"))
			.containsExactly("INSERT true", "TRUNCATE false");
	}

	@Test
	void copyIsTold() throws Exception {
		this.triggers.apply(on("note").columns("title").build(),
				TableTrigger.of("counted", "note")
					.channel("changes")
					.on(Operation.INSERT)
					.level(Level.STATEMENT)
					.build());
		try (TestListener listener = this.triggers.listen();
				Connection connection = database.dataSource().getConnection()) {
			connection.unwrap(PGConnection.class)
				.getCopyAPI()
				.copyIn("COPY note (title) FROM STDIN", new StringReader("a\nb\n"));
			assertThat(TriggerDatabase.json(listener.receivedPayloads()))
				.extracting((change) -> change.at("/after/title").asString("") + change.path("count").asString(""))
				.containsExactly("a", "b", "2");
		}
	}

	@Test
	void whatReplicationWritesIsNotTold() throws Exception {
		this.triggers.apply(on("note").build());
		assertThat(this.triggers.told("SET session_replication_role = replica; INSERT INTO note (title) VALUES ('a')"))
			.isEmpty();
		assertThat(this.triggers.rows("note")).hasSize(1);
	}

	@Test
	void beforeTheChangeTheRowIsWrittenAsItIs() throws Exception {
		this.triggers.apply(on("note").columns("title").timing(Timing.BEFORE).build(),
				TableTrigger.of("statement", "note")
					.channel("changes")
					.timing(Timing.BEFORE)
					.level(Level.STATEMENT)
					.build());
		List<JsonNode> told = this.triggers.told("INSERT INTO note (title) VALUES ('a')",
				"UPDATE note SET title = 'b'");
		assertThat(this.triggers.rows("note")).containsExactly("(1,b,)");
		assertThat(told)
			.extracting((change) -> change.path("trigger").asString() + change.at("/after/title").asString(""))
			.containsExactly("statement", "testa", "statement", "testb");
		database.execute("DELETE FROM note");
		assertThat(this.triggers.rows("note")).isEmpty();
	}

	@Test
	void aConditionAndColumnsThatMustChangeDecideBeforeTheFunctionIsCalled() throws Exception {
		this.triggers.apply(on("note").columns("title")
			.whenChanged("title")
			.condition("NEW.body IS NULL")
			.on(Operation.INSERT, Operation.UPDATE)
			.build());
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a')",
				"INSERT INTO note (title, body) VALUES ('b', 'b')", "UPDATE note SET title = title",
				"UPDATE note SET title = 'c'"))
			.extracting((change) -> change.path("operation").asString() + change.at("/key/id").asInt())
			.containsExactly("INSERT1", "UPDATE1");
	}

	@Test
	void updateOfIsAboutWhatIsSetWhenChangedAboutWhatChanges() throws Exception {
		this.triggers.apply(on("note").on(Operation.UPDATE).updateOf("title").build(),
				TableTrigger.of("changed", "note").channel("changes").on(Operation.UPDATE).whenChanged("*").build());
		database.execute("INSERT INTO note (title) VALUES ('a')");
		assertThat(this.triggers.told("UPDATE note SET title = title", "UPDATE note SET body = 'b'"))
			.extracting((change) -> change.path("trigger").asString())
			.containsExactly("test", "changed");
	}

	@Test
	void equalChangesOfThePredecessorsFormatFoldAsPostgresqlDoesIt() throws Exception {
		this.triggers.apply(on("note").columns("title").format(Format.PIGEON).build());
		assertThat(this.triggers.told("INSERT INTO note (title) VALUES ('a'), ('a'), ('b')")).hasSize(2);
	}

	private static String role(String purpose) {
		return database.createRole(purpose);
	}

	private static void asRole(String role, String... statements) throws Exception {
		try (Connection connection = database.dataSource(role).getConnection();
				Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

}
