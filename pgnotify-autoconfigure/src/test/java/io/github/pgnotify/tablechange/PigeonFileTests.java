package io.github.pgnotify.tablechange;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class PigeonFileTests {

	private static final String FILE = """
			{"password": "s3cret", "schemas": [{"name": "My Schema", "tables": [{"name": "Order Items", "triggers": [
			  {"name": "t", "channel_name": "c", "return_columns": %s, "type": "%s", "trigger_on": "INSERT",
			   "trigger_on_statement": "%s", "on_condition": "%s", "is_active": "True"}]}]}]}
			""";

	@Test
	void namesAreTakenAsTheyAre() {
		TableTrigger trigger = read("\"['select', \\\"It's\\\", 'a\\\\'b']\"", "ROW",
				"INSERT OR UPDATE OF item_no , Item_Description,\\\"Case\\\" OR DELETE", "INSTEAD OF");
		assertThat(TableName.parse(trigger.table())).isEqualTo(new TableName("My Schema", "Order Items"));
		assertThat(trigger.columns()).containsExactly("select", "It's", "a'b");
		assertThat(trigger.operations()).containsExactly(Operation.INSERT, Operation.UPDATE, Operation.DELETE);
		assertThat(trigger.updateOf()).containsExactly("item_no", "item_description", "Case");
		assertThat(trigger.timing()).isEqualTo(Timing.INSTEAD_OF);
		assertThat(trigger.active()).isTrue();
	}

	@Test
	void aRealListIsTakenTooAndAStatementHasNoColumns() {
		assertThat(read("[\"a\", \"b\"]", "ROW", "INSERT", "AFTER").columns()).containsExactly("a", "b");
		assertThat(read("[]", "ROW", "truncate or insert", "AFTER").operations()).containsExactly(Operation.INSERT,
				Operation.TRUNCATE);
		TableTrigger statement = read("\"['a']\"", "STATEMENT", "INSERT", "BEFORE");
		assertThat(statement.level()).isEqualTo(Level.STATEMENT);
		assertThat(statement.columns()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "\"__import__('os').system('x')\" | ROW | INSERT | AFTER | no list in [ ]",
					"\"['a', __import__('os')]\" | ROW | INSERT | AFTER | no list of quoted names",
					"[] | CELL | INSERT | AFTER | none of [ROW, STATEMENT]",
					"[] | ROW | SELECT | AFTER | none of [INSERT, UPDATE, DELETE, TRUNCATE]",
					"[] | ROW | INSERT | DURING | none of [AFTER, BEFORE, INSTEAD_OF]" })
	void whatItCannotMeanIsRefused(String columns, String type, String events, String condition, String fault) {
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> read(columns, type, events, condition))
			.withMessageStartingWith("The file 'pigeon.json' of pgnotify.triggers.import")
			.withMessageContaining(fault);
	}

	@Test
	void whatIsNotActiveMayBeAnything() {
		assertThat(all(FILE.formatted("[]", "CELL", "SELECT", "DURING").replace("\"True\"", "\"False\""))).isEmpty();
	}

	@Test
	void aStatementMaySetColumnsBeforeToo() {
		assertThat(read("[]", "STATEMENT", "UPDATE OF a", "BEFORE").updateOf()).containsExactly("a");
	}

	@Test
	void whatIsNoSuchFileIsRefused() {
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(() -> all("{\"a\": }"))
			.withMessageContaining("is not JSON (line 1)");
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(() -> all("{}"))
			.withMessageContaining("has no schemas");
	}

	private static TableTrigger read(String columns, String type, String events, String condition) {
		return all(FILE.formatted(columns, type, events, condition)).get(0);
	}

	private static List<TableTrigger> all(String json) {
		return PigeonFile.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), "pigeon.json");
	}

}
