package io.github.pgnotify.tablechange;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.support.GenericMessage;

import static io.github.pgnotify.tablechange.TriggerDatabase.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Keys, names, types and tables out of the ordinary.
 */
class ColumnsIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final TriggerDatabase triggers = new TriggerDatabase(database);

	@BeforeEach
	void empty() {
		database.execute("DROP SCHEMA public CASCADE");
		database.execute("CREATE SCHEMA public");
		database.execute("DROP SCHEMA IF EXISTS queue CASCADE");
	}

	@Test
	void aCompositeKeyHasItsColumnsInItsOwnOrderAndTellsThePreviousOne() throws Exception {
		database
			.execute("CREATE TABLE line (quantity int, number int, \"order\" int, PRIMARY KEY (\"order\", number))");
		this.triggers.apply(on("line").build());
		List<JsonNode> told = this.triggers.told("INSERT INTO line VALUES (1, 2, 3)", "UPDATE line SET quantity = 5",
				"UPDATE line SET number = 4", "DELETE FROM line");
		assertThat(told).extracting((change) -> change.path("key").toString())
			.containsExactly("{\"order\":3,\"number\":2}", "{\"order\":3,\"number\":2}", "{\"order\":3,\"number\":4}",
					"{\"order\":3,\"number\":4}");
		assertThat(told).extracting((change) -> change.path("previousKey").toString())
			.containsExactly("", "", "{\"order\":3,\"number\":2}", "");
		assertThat(told.get(2).path("changed").toString()).isEqualTo("[\"number\"]");
	}

	@Test
	void whatAnIndexOnlyIncludesIsNotInTheKey() throws Exception {
		database.execute("CREATE TABLE line (name text, number int, PRIMARY KEY (number) INCLUDE (name))");
		this.triggers.apply(on("line").build());
		assertThat(this.triggers.told("INSERT INTO line VALUES ('a', 1)"))
			.extracting((change) -> change.path("key").toString())
			.containsExactly("{\"number\":1}");
	}

	@Test
	void withoutAKeyThereIsNoneUnlessColumnsAreNamed() throws Exception {
		database.execute("CREATE TABLE entry (code text, title text)");
		this.triggers.apply(on("entry").build(),
				TableTrigger.of("named", "entry").channel("changes").keys("code").build());
		List<JsonNode> told = this.triggers.told("INSERT INTO entry VALUES ('a', 'b')");
		assertThat(told).extracting((change) -> change.path("trigger").asString() + change.path("key"))
			.containsExactly("named{\"code\":\"a\"}", "test");
	}

	@Test
	void namesMayBeAnything() throws Exception {
		database.execute("CREATE SCHEMA \"My Schema\"");
		database.execute("""
				CREATE TABLE "My Schema"."Order ""Items""\" (
					"select" int PRIMARY KEY, "It's" text, "a.b" text, "back\\slash" text, "%I" text)""");
		TableTrigger trigger = TableTrigger
			.of("name's \"of\" $pgnotify$ \\ %I", "\"My Schema\".\"Order \"\"Items\"\"\"")
			.channel("it's; \"changes\"")
			.columns("select", "It's", "a.b", "back\\slash", "%I")
			.whenChanged("It's")
			.keys("select")
			.build();
		this.triggers.apply(trigger);
		assertThat(this.triggers.declare(trigger).diff()).noneMatch(TriggerDifference::isDifferent);
		try (TestListener listener = new TestListener(database.dataSource(), trigger.channel().value())) {
			database.execute("INSERT INTO \"My Schema\".\"Order \"\"Items\"\"\" VALUES (1, 'a', 'b', 'c', 'd')");
			JsonNode change = TriggerDatabase.json(listener.receivedPayloads()).get(0);
			assertThat(change.path("table").asString()).isEqualTo("Order \"Items\"");
			assertThat(change.path("trigger").asString()).isEqualTo(trigger.name());
			assertThat(change.path("after").toString())
				.isEqualTo("{\"select\":1,\"It's\":\"a\",\"a.b\":\"b\",\"back\\\\slash\":\"c\",\"%I\":\"d\"}");
		}
	}

	@Test
	void aNameThatIsNotThereIsToldWithWhatIs() {
		database.execute("CREATE TABLE orders (id int PRIMARY KEY)");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("Orders").build()))
			.withMessageContaining("names the table 'Orders', and there is none, but public.orders");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("a.b.c").build()))
			.withMessageContaining("is no name of a table");
	}

	@Test
	void typesArriveAsJavaTakesThem() throws Exception {
		database.execute("CREATE TYPE mood AS ENUM ('sad', 'very happy')");
		database.execute("CREATE DOMAIN image AS bytea");
		database.execute("""
				CREATE TABLE thing (
					id uuid PRIMARY KEY, mood mood, tags text[], content bytea, picture image,
					price numeric, created_at timestamptz, "fromYear" int, flag boolean, details jsonb, raw json)""");
		this.triggers.apply(on("thing").columns("*").build());
		try (TestListener listener = this.triggers.listen()) {
			database.execute("""
					SET bytea_output = 'escape'; SET timezone = 'Asia/Kathmandu'; SET extra_float_digits = 0;
					INSERT INTO thing VALUES ('6e1f1b0c-0000-4000-8000-000000000001', 'very happy', '{a,"b c"}',
						decode(repeat('00ff', 100), 'hex'), '\\x01', 12345678901234567890.123456789,
						'2026-01-02 03:04:05.678901+00', 1999, true, '{"a": 1}', '{"b":  2}')""");
			Thing thing = read(listener.receivedPayloads().get(0)).after();
			assertThat(thing.id()).isEqualTo("6e1f1b0c-0000-4000-8000-000000000001");
			assertThat(thing.mood()).isEqualTo("very happy");
			assertThat(thing.tags()).containsExactly("a", "b c");
			assertThat(thing.content()).hasSize(200).startsWith(0, 255, 0, 255);
			assertThat(thing.picture()).containsExactly(1);
			assertThat(thing.price()).isEqualTo(new BigDecimal("12345678901234567890.123456789"));
			assertThat(thing.createdAt()).isEqualTo("2026-01-02T03:04:05.678901Z");
			assertThat(thing.fromYear()).isEqualTo(1999);
			assertThat(thing.flag()).isTrue();
			assertThat(thing.details()).isEqualTo(Map.of("a", 1L));
			assertThat(thing.raw()).isEqualTo(Map.of("b", 2L));
		}
	}

	@Test
	void anyChangeStandsInTheWayOfNoMigration() throws Exception {
		database.execute("CREATE TABLE thing (id int PRIMARY KEY, raw json, old text) PARTITION BY LIST (id)");
		database.execute("CREATE TABLE thing_1 (gone int, old text, raw json, id int NOT NULL)");
		database.execute("ALTER TABLE thing_1 DROP COLUMN gone");
		database.execute("ALTER TABLE thing ATTACH PARTITION thing_1 FOR VALUES IN (1)");
		this.triggers.apply(on("thing").on(TableChange.Operation.UPDATE).whenChanged("*").build());
		database.execute("INSERT INTO thing VALUES (1, '{}', 'a')");
		assertThat(this.triggers.told("UPDATE thing SET raw = raw", "UPDATE thing SET raw = '[]'")).hasSize(1);
		database.execute("ALTER TABLE thing ALTER COLUMN old TYPE varchar(20)");
		database.execute("ALTER TABLE thing DROP COLUMN raw");
		database.execute("ALTER TABLE thing ADD COLUMN fresh int");
		this.triggers.apply(on("thing").on(TableChange.Operation.UPDATE).whenChanged("*").build());
		assertThat(this.triggers.told("UPDATE thing SET old = old", "UPDATE thing SET fresh = 1")).hasSize(1);
	}

	@Test
	void typesWithoutEqualityAreCompared() throws Exception {
		database.execute("CREATE TABLE thing (id int PRIMARY KEY, raw json, place point, rest text)");
		this.triggers.apply(on("thing").whenChanged("raw", "place").build(),
				TableTrigger.of("counted", "thing")
					.channel("changes")
					.level(Level.STATEMENT)
					.on(TableChange.Operation.UPDATE)
					.whenChanged("raw", "place")
					.build());
		database.execute("INSERT INTO thing VALUES (1, '{}', '(1,1)', 'a'), (2, NULL, NULL, 'a')");
		assertThat(this.triggers.told("UPDATE thing SET rest = 'b'")).isEmpty();
		assertThat(this.triggers.told("UPDATE thing SET raw = '{ }' WHERE id = 1", "UPDATE thing SET place = '(2,2)'"))
			.extracting((change) -> change.path("trigger").asString() + change.path("changed") + change.path("count"))
			.containsExactly("test[\"raw\"]", "counted1", "test[\"place\"]", "test[\"place\"]", "counted2");
	}

	@Test
	void aStoredGeneratedColumnIsToldAfterTheChangeOnly() throws Exception {
		database.execute("CREATE TABLE rect (a int PRIMARY KEY, b int, area int GENERATED ALWAYS AS (a * b) STORED)");
		this.triggers.apply(on("rect").columns("area").build());
		assertThat(this.triggers.told("INSERT INTO rect VALUES (2, 3)").get(0).at("/after/area").asInt()).isEqualTo(6);
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("rect").columns("area").timing(Timing.BEFORE).build()))
			.withMessageContaining("a generated column, which has no value before the change is stored");
		this.triggers.apply(on("rect").columns("*").timing(Timing.BEFORE).build());
		assertThat(this.triggers.told("UPDATE rect SET b = 4").get(0).path("after").toString())
			.isEqualTo("{\"a\":2,\"b\":4}");
		assertThat(this.triggers.rows("rect")).containsExactly("(2,4,8)");
	}

	@Test
	void aVirtualGeneratedColumnIsRefusedWhereThereAreSuch() throws Exception {
		Assumptions.assumeTrue(Integer.parseInt(database.queryForString("SHOW server_version_num")) >= 180000);
		database.execute("CREATE TABLE rect (a int PRIMARY KEY, area int GENERATED ALWAYS AS (a * 2) VIRTUAL)");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("rect").columns("area").build()))
			.withMessageContaining("a generated column, which has no value when triggers run");
		this.triggers.apply(on("rect").columns("*").build());
		assertThat(this.triggers.told("INSERT INTO rect VALUES (2)").get(0).path("after").toString())
			.isEqualTo("{\"a\":2}");
	}

	@Test
	void moreColumnsThanAFunctionTakesArguments() throws Exception {
		String columns = IntStream.rangeClosed(1, 120)
			.mapToObj((n) -> "c" + n + " int")
			.collect(Collectors.joining(", "));
		database.execute("CREATE TABLE wide (id serial PRIMARY KEY, " + columns + ")");
		this.triggers.apply(on("wide").columns("*").build(),
				TableTrigger.of("old", "wide").channel("changes").columns("*").format(Format.PIGEON).build());
		List<JsonNode> told = this.triggers.told("INSERT INTO wide (c1, c120) VALUES (1, 120)");
		assertThat(told).hasSize(2);
		assertThat(told.get(0).path("action").asString()).isEqualTo("INSERT");
		assertThat(told.get(0).path("c120").asInt()).isEqualTo(120);
		assertThat(told.get(1).at("/after/c120").asInt()).isEqualTo(120);
		assertThat(told.get(1).path("after").size()).isEqualTo(121);
	}

	@Test
	void ofAPartitionedTableEveryPartitionTellsInTheNameOfTheWhole() throws Exception {
		this.triggers.withQueue();
		database.execute("CREATE TABLE event (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)");
		database.execute("CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10)");
		TableTrigger trigger = on("event").delivery(DeliveryMode.DURABLE).build();
		PgTableTriggers declared = this.triggers.apply(trigger);
		database.execute("CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20)");
		assertThat(declared.diff()).noneMatch(TriggerDifference::isDifferent);
		database.execute("INSERT INTO event VALUES (1, 1)");
		database.execute("INSERT INTO event_2 VALUES (2, 11)");
		database.execute("UPDATE event SET day = 12 WHERE id = 1");
		assertThat(this.triggers.stored())
			.extracting((change) -> change.path("table").asString() + " " + change.path("operation").asString() + " "
					+ change.path("key"))
			.containsExactly("event INSERT {\"id\":1,\"day\":1}", "event INSERT {\"id\":2,\"day\":11}",
					"event DELETE {\"id\":1,\"day\":1}", "event INSERT {\"id\":1,\"day\":12}");
		this.triggers.apply();
		assertThat(database
			.queryForString("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'notify%'"))
			.isEqualTo("0");
	}

	@Test
	void temporaryTablesAndMaterializedViewsAreRefused() {
		database.execute("CREATE MATERIALIZED VIEW summary AS SELECT 1 AS one");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("summary").build()))
			.withMessageContaining("which is no table");
	}

	@SuppressWarnings("unchecked")
	private static TableChange<Thing> read(String json) throws Exception {
		MethodParameter parameter = new MethodParameter(
				ColumnsIntegrationTests.class.getDeclaredMethod("takes", TableChange.class), 0);
		return (TableChange<Thing>) new TableChangeConverter(JsonMapper.shared())
			.fromMessage(new GenericMessage<>(json), TableChange.class, parameter);
	}

	@SuppressWarnings("unused")
	private static void takes(TableChange<Thing> change) {
	}

	record Thing(String id, String mood, List<String> tags, byte[] content, byte[] picture, BigDecimal price,
			Instant createdAt, int fromYear, boolean flag, Map<String, Object> details, Map<String, Object> raw) {

	}

}
