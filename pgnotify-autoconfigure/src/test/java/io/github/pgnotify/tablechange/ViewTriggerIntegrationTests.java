package io.github.pgnotify.tablechange;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import org.springframework.dao.DataAccessException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A trigger in place of a view's own changes writes what would have been written.
 */
class ViewTriggerIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final TriggerDatabase triggers = new TriggerDatabase(database);

	@BeforeEach
	void createTables() {
		database.execute("DROP SCHEMA public CASCADE");
		database.execute("CREATE SCHEMA public");
		database.execute("GRANT USAGE ON SCHEMA public TO PUBLIC");
		database.execute("DROP SCHEMA IF EXISTS queue CASCADE");
		this.triggers.withQueue();
		database.execute("""
				CREATE TABLE product (
					id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price int DEFAULT 10,
					added timestamptz DEFAULT now(), hidden text DEFAULT 'h',
					twice int GENERATED ALWAYS AS (price * 2) STORED)""");
	}

	@Test
	void byTheKeyWithSwappedNamesDefaultsAndComputedColumns() throws Exception {
		database.execute(
				"CREATE VIEW shelf AS SELECT id AS number, name AS price, price AS name, twice, upper(name) AS loud "
						+ "FROM product WHERE hidden = 'h'");
		this.triggers.apply(instead("shelf").columns("price", "name").build());
		List<JsonNode> told = this.triggers.told("INSERT INTO shelf (price) VALUES ('tea')",
				"UPDATE shelf SET name = 20 WHERE number = 1", "DELETE FROM shelf WHERE name = 20");
		assertThat(told)
			.extracting((change) -> change.path("operation").asString() + change.path("key") + change.path("after"))
			.containsExactly("INSERT{\"number\":1}{\"price\":\"tea\",\"name\":10}",
					"UPDATE{\"number\":1}{\"price\":\"tea\",\"name\":20}", "DELETE{\"number\":1}");
		assertThat(this.triggers.rows("product")).isEmpty();
	}

	@Test
	void countsAndReturningAreThoseOfThePlainView() throws Exception {
		database.execute("CREATE VIEW shelf AS SELECT id, name, price FROM product");
		this.triggers.apply(instead("shelf").build());
		try (Connection connection = database.dataSource().getConnection();
				Statement statement = connection.createStatement()) {
			try (var row = statement.executeQuery("INSERT INTO shelf (name) VALUES ('a') RETURNING id, price")) {
				row.next();
				assertThat(row.getLong(1)).isEqualTo(1);
				assertThat(row.getInt(2)).isEqualTo(10);
			}
			assertThat(statement.executeUpdate("INSERT INTO shelf (name) VALUES ('b'), ('c')")).isEqualTo(2);
			assertThat(statement.executeUpdate("UPDATE shelf SET price = 1 WHERE name > 'a'")).isEqualTo(2);
			assertThat(statement.executeUpdate("DELETE FROM shelf")).isEqualTo(3);
		}
	}

	@Test
	void withoutAKeyByAllColumnsOneRowEach() throws Exception {
		database.execute("CREATE TABLE loose (a int, b json)");
		database.execute("INSERT INTO loose VALUES (1, '{}'), (1, '{}'), (1, NULL), (NULL, '{}')");
		database.execute("CREATE VIEW tied AS SELECT a, b FROM loose");
		this.triggers.apply(instead("tied").columns("a").build());
		try (Connection connection = database.dataSource().getConnection();
				Statement statement = connection.createStatement()) {
			assertThat(statement.executeUpdate("UPDATE tied SET a = 2 WHERE b IS NULL")).isEqualTo(1);
			assertThat(statement.executeUpdate("UPDATE tied SET a = 3 WHERE a = 1")).isEqualTo(2);
			assertThat(statement.executeUpdate("DELETE FROM tied WHERE a IS NULL")).isEqualTo(1);
		}
		assertThat(this.triggers.rows("loose")).containsExactly("(2,)", "(3,{})", "(3,{})");
	}

	@Test
	void whatAnotherTransactionChangedMeanwhileIsKept() throws Exception {
		database.execute("CREATE VIEW shelf AS SELECT id, name, price FROM product");
		this.triggers.apply(instead("shelf").build());
		database.execute("INSERT INTO product (name) VALUES ('a')");
		try (Connection first = database.dataSource().getConnection(); Statement one = first.createStatement()) {
			first.setAutoCommit(false);
			one.execute("UPDATE shelf SET price = 99");
			Thread second = new Thread(() -> database.execute("UPDATE shelf SET name = 'b'"));
			second.start();
			await().until(() -> "1".equals(database.queryForString(
					"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")));
			first.commit();
			second.join();
		}
		assertThat(database.queryForString("SELECT name || price FROM product")).isEqualTo("b99");
	}

	@Test
	void noChangeOfAnotherTransactionIsOverwritten() throws Exception {
		database.execute("CREATE VIEW shelf AS SELECT id, name, price FROM product");
		this.triggers.apply(instead("shelf").build());
		database.execute("INSERT INTO product (name, price) VALUES ('a', 1)");
		AtomicReference<Throwable> failure = new AtomicReference<>();
		try (Connection first = database.dataSource().getConnection(); Statement one = first.createStatement()) {
			first.setAutoCommit(false);
			one.execute("UPDATE shelf SET price = price + 10");
			Thread second = new Thread(() -> database.execute("UPDATE shelf SET price = price + 100"));
			second.setUncaughtExceptionHandler((thread, ex) -> failure.set(ex));
			second.start();
			await().until(() -> "1".equals(database.queryForString(
					"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")));
			first.commit();
			second.join();
		}
		assertThat(failure.get()).rootCause()
			.isInstanceOf(SQLException.class)
			.extracting("SQLState")
			.isEqualTo("40001");
		assertThat(database.queryForString("SELECT price FROM product")).isEqualTo("11");
	}

	@Test
	void whatIsComputedCannotBeWritten() {
		database.execute("CREATE VIEW shelf AS SELECT id, name, twice, upper(name) AS loud FROM product");
		this.triggers.apply(instead("shelf").build());
		database.execute("INSERT INTO shelf (name) VALUES ('a')");
		for (String statement : List.of("UPDATE shelf SET loud = 'x'", "UPDATE shelf SET twice = 3",
				"INSERT INTO shelf (name, loud) VALUES ('b', 'x')")) {
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> database.execute(statement))
				.withRootCauseInstanceOf(SQLException.class)
				.withStackTraceContaining("it is computed");
		}
		assertThat(this.triggers.rows("(SELECT name FROM product)")).containsExactly("(a)");
	}

	@Test
	void aKeyOfATypeOfAnExtensionIsFound() {
		assumeTrue("1"
			.equals(database.queryForString("SELECT count(*) FROM pg_available_extensions WHERE name = 'ltree'")));
		database.execute("CREATE EXTENSION ltree SCHEMA public");
		database.execute("CREATE TABLE place (path ltree PRIMARY KEY, name text)");
		database.execute("CREATE VIEW spot AS SELECT path, name FROM place");
		this.triggers.apply(instead("spot").build());
		database.execute("INSERT INTO spot VALUES ('a.b', 'x'), ('a.c', 'y')");
		database.execute("UPDATE spot SET name = 'z' WHERE path = 'a.b'");
		database.execute("DELETE FROM spot WHERE path = 'a.c'");
		assertThat(this.triggers.rows("place")).containsExactly("(a.b,z)");
	}

	@Test
	void aViewThatIsUsedWithTheRightsOfWhoUsesItHasNoDurableTrigger() {
		assumeTrue(Integer.parseInt(database.queryForString("SHOW server_version_num")) >= 150000);
		database.execute("CREATE VIEW shelf WITH (security_invoker) AS SELECT id, name FROM product");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(instead("shelf").delivery(DeliveryMode.DURABLE).build()))
			.withMessageContaining("a security_invoker view");
		this.triggers.apply(instead("shelf").build());
		assertThat(database.queryForString("SELECT prosecdef FROM pg_proc WHERE proname = 'trigger_test'"))
			.isEqualTo("f");
	}

	@Test
	void whoMayUseTheViewAndNotTheTableStillMay() throws Exception {
		String clerk = database.createRole("clerk");
		database.execute("CREATE VIEW shelf AS SELECT id, name, price FROM product");
		database.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON shelf TO " + clerk);
		this.triggers.apply(instead("shelf").delivery(DeliveryMode.DURABLE).build());
		try (Connection connection = database.dataSource(clerk).getConnection();
				Statement statement = connection.createStatement()) {
			assertThat(statement.executeUpdate("INSERT INTO shelf (name) VALUES ('a')")).isEqualTo(1);
			assertThat(statement.executeUpdate("UPDATE shelf SET name = 'b'")).isEqualTo(1);
		}
		assertThat(this.triggers.stored()).hasSize(2);
	}

	@Test
	void whenChangedIsDecidedInsideAndTheWriteIsMadeAnyway() throws Exception {
		database.execute("CREATE VIEW shelf AS SELECT id, name, price FROM product");
		this.triggers.apply(instead("shelf").on(Operation.UPDATE).whenChanged("name").build());
		assertThat(this.triggers.told("INSERT INTO shelf (name) VALUES ('a')", "UPDATE shelf SET price = 2",
				"UPDATE shelf SET name = 'b'"))
			.hasSize(1);
		assertThat(database.queryForString("SELECT name || price FROM product")).isEqualTo("b2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT p.id, q.name FROM product AS p JOIN product AS q USING (id)",
			"SELECT name, count(*) FROM product GROUP BY name", "SELECT DISTINCT name FROM product",
			"SELECT id, name, name AS again FROM product",
			"SELECT id, (SELECT max(x.price) FROM product AS x) AS top FROM product",
			"SELECT id, name FROM product WHERE price > 1 WITH CHECK OPTION" })
	void otherViewsAreRefused(String query) {
		database.execute("CREATE VIEW shelf AS " + query);
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(instead("shelf").build()))
			.withMessageContaining("is to run INSTEAD OF changes of public.shelf, a view");
		assertThat(this.triggers.declare().list()).isEmpty();
	}

	@Test
	void anOrdinaryTriggerOnAViewIsRefused() {
		database.execute("CREATE VIEW shelf AS SELECT id FROM product");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(TriggerDatabase.on("shelf").build()))
			.withMessageContaining("would never run");
	}

	private static TableTrigger.Builder instead(String view) {
		return TriggerDatabase.on(view).timing(Timing.INSTEAD_OF);
	}

}
