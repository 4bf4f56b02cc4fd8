package io.github.pgnotify.tablechange;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The ten triggers of PgPigeon's own configuration, each alone.
 */
class PigeonIntegrationTests {

	@RegisterExtension
	static final TestDatabase shared = new TestDatabase();

	private static final int[] COUNTS = { 4, 4, 4, 1, 1, 1, 1, 2 };

	private final TriggerDatabase triggers = new TriggerDatabase(shared);

	@BeforeEach
	void createTable() {
		shared.execute("DROP SCHEMA public CASCADE");
		shared.execute("CREATE SCHEMA public");
		shared.execute("DROP SCHEMA IF EXISTS queue CASCADE");
		shared.execute("CREATE TABLE public.items (item_no int4 NULL, item_description varchar NULL)");
	}

	static Stream<Arguments> onTheTable() throws Exception {
		List<TableTrigger> all = all();
		List<Arguments> arguments = new ArrayList<>();
		for (int i = 0; i < COUNTS.length; i++) {
			arguments.add(Arguments.of(all.get(i).name(), all.get(i), COUNTS[i]));
		}
		return arguments.stream();
	}

	@ParameterizedTest(name = "{0} tells {2}")
	@MethodSource("onTheTable")
	void eachTellsAsManyAndChangesNothing(String name, TableTrigger trigger, int count) throws Exception {
		this.triggers.apply(active(trigger));
		try (TestListener listener = new TestListener(shared.dataSource(), trigger.channel().value())) {
			shared.execute("INSERT INTO items VALUES (1, '23523523')");
			assertThat(this.triggers.rows("items")).containsExactly("(1,23523523)");
			shared.execute("UPDATE items SET item_description = 'dinesh kushwaha'");
			assertThat(this.triggers.rows("items")).containsExactly("(1,\"dinesh kushwaha\")");
			shared.execute("UPDATE items SET item_no = 2");
			assertThat(this.triggers.rows("items")).containsExactly("(2,\"dinesh kushwaha\")");
			shared.execute("DELETE FROM items");
			assertThat(this.triggers.rows("items")).isEmpty();
			assertThat(listener.received()).hasSize(count);
		}
	}

	@Test
	void thePayloadIsTheOneOfItsReadme() throws Exception {
		TableTrigger trigger = active(all().get(0));
		this.triggers.apply(trigger);
		try (TestListener listener = new TestListener(shared.dataSource(), "pg_pigeon_default_channel")) {
			shared.execute("INSERT INTO items VALUES (1, '23523523')");
			shared.execute("UPDATE items SET item_description = 'dinesh kushwaha'");
			shared.execute("DELETE FROM items");
			assertThat(TriggerDatabase.json(listener.receivedPayloads())).containsExactly(
					json("{\"item_no\" : 1, \"item_description\" : \"23523523\", \"action\" : \"INSERT\"}"),
					json("{\"item_no\" : 1, \"item_description\" : \"dinesh kushwaha\", \"action\" : \"UPDATE\"}"),
					json("{\"item_no\" : 1, \"item_description\" : \"dinesh kushwaha\", \"action\" : \"DELETE\"}"));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 8, 9 })
	void insteadOfIsRefusedOnATableBeforeAnythingIsTouched(int index) throws Exception {
		TableTrigger possible = active(all().get(0));
		PgTableTriggers declared = this.triggers.declare(possible, active(all().get(index)));
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(declared::apply)
			.withMessageContaining("INSTEAD OF changes of public.items, which is no view")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("after"));
		assertThat(declared.list()).isEmpty();
		assertThat(shared.queryForString("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")).isEqualTo("0");
	}

	@Test
	void insteadOfOnAViewNotifiesAndWrites() throws Exception {
		shared.execute("ALTER TABLE items RENAME TO stock");
		shared.execute("CREATE VIEW items AS SELECT item_no, item_description FROM stock");
		this.triggers.apply(active(all().get(8)), active(all().get(9)));
		try (TestListener listener = new TestListener(shared.dataSource(), "pg_pigeon_default_channel")) {
			shared.execute("INSERT INTO items VALUES (1, 'a')");
			assertThat(this.triggers.rows("stock")).containsExactly("(1,a)");
			shared.execute("UPDATE items SET item_description = 'b'");
			assertThat(this.triggers.rows("stock")).containsExactly("(1,b)");
			assertThat(TriggerDatabase.json(listener.receivedPayloads())).containsExactly(
					json("{\"item_no\":1,\"item_description\":\"a\",\"action\":\"INSERT\"}"),
					json("{\"item_no\":1,\"item_description\":\"b\",\"action\":\"UPDATE\"}"));
			shared.execute("DELETE FROM items");
			assertThat(this.triggers.rows("stock")).isEmpty();
			assertThat(listener.received()).isEmpty();
		}
	}

	@Test
	void anApplicationImportsTheFileAndHearsItsOneActiveTrigger() {
		PgNotifyContext.runner(shared)
			.withPropertyValues("pgnotify.triggers.import=classpath:tablechange/pigeon.json",
					"pgnotify.queue.enabled=false")
			.withUserConfiguration(Client.class)
			.run((context) -> {
				assertThat(context.getBean(PgTableTriggers.class).declared()).hasSize(10);
				assertThat(context.getBean(PgTableTriggers.class).list()).singleElement()
					.extracting(InstalledTrigger::name)
					.isEqualTo("pg_pigeon_default_after_insert_update_delete_trigger");
				shared.execute("INSERT INTO items VALUES (1, '23523523')");
				assertThat(context.getBean(Client.class).received.await(1))
					.containsExactly(new Item(1, "23523523", "INSERT"));
			});
	}

	private static JsonNode json(String text) {
		return TriggerDatabase.json(text);
	}

	private static List<TableTrigger> all() throws Exception {
		try (InputStream file = PigeonIntegrationTests.class.getResourceAsStream("/tablechange/pigeon.json")) {
			return PigeonFile.read(file, "pigeon.json");
		}
	}

	private static TableTrigger active(TableTrigger trigger) {
		return new TableTrigger(trigger.name(), trigger.table(), trigger.channel(), trigger.operations(),
				trigger.updateOf(), trigger.timing(), trigger.level(), trigger.columns(), trigger.keys(),
				trigger.whenChanged(), trigger.condition(), trigger.delivery(), trigger.announce(), trigger.format(),
				true, trigger.acknowledgeRowSecurity());
	}

	record Item(@JsonProperty("item_no") int number, @JsonProperty("item_description") String description,
			String action) {

	}

	static class Client {

		final Recorder<Item> received = new Recorder<>();

		@PgListener("pg_pigeon_default_channel")
		void changed(Item item) {
			this.received.record(item);
		}

	}

}
