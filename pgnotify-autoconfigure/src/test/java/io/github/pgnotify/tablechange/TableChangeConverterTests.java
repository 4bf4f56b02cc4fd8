package io.github.pgnotify.tablechange;

import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.pgnotify.tablechange.TableChange.Operation;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.support.GenericMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class TableChangeConverterTests {

	private static final String UPDATE = """
			{"trigger":"t","schema":"s","table":"o","operation":"UPDATE","transaction":7,"time":"2026-01-02T03:04:05.6+01:00",
			 "order":2,"key":{"id":12345678901},"previousKey":{"id":1},"changed":["Order No"],
			 "before":{"order_no":1,"createdBy":"a","Order No":5,"more":true},
			 "after":{"order_no":2,"createdBy":"b","Order No":6,"more":false}}""";

	private final TableChangeConverter converter = new TableChangeConverter(JsonMapper.shared());

	@Test
	void columnsMeetPropertiesByTheirNames() throws Exception {
		TableChange<?> change = read(UPDATE, "record");
		assertThat(change.before()).isEqualTo(new Row(1, "a", 5));
		assertThat(change.after()).isEqualTo(new Row(2, "b", 6));
		assertThat(change.operation()).isEqualTo(Operation.UPDATE);
		assertThat(change.key().longValue()).isEqualTo(12345678901L);
		assertThat(change.previousKey().value("id")).isEqualTo(1L);
		assertThat(change.changed()).containsExactly("Order No");
		assertThat(change.transactionId()).isEqualTo(7);
		assertThat(change.order()).isEqualTo(2);
		assertThat(change.time()).isEqualTo("2026-01-02T03:04:05.6+01:00");
	}

	@Test
	void mapsAndTreesHaveTheNamesOfTheColumns() throws Exception {
		assertThat(read(UPDATE, "map").after())
			.isEqualTo(Map.of("order_no", 2L, "createdBy", "b", "Order No", 6L, "more", false));
		assertThat(((JsonNode) read(UPDATE, "tree").after()).size()).isEqualTo(4);
		assertThat(read(UPDATE, "any").after()).isInstanceOf(Map.class);
		assertThat(read(UPDATE, "message").after()).isEqualTo(new Row(2, "b", 6));
	}

	@Test
	void whatIsMissingIsNull() throws Exception {
		TableChange<?> change = read("{\"operation\":\"TRUNCATE\",\"table\":\"o\",\"truncated\":true}", "record");
		assertThat(change.key()).isNull();
		assertThat(change.before()).isNull();
		assertThat(change.count()).isNull();
		assertThat(change.time()).isNull();
		assertThat(change.truncated()).isTrue();
	}

	@Test
	void keysAreAskedForByName() throws Exception {
		TableChange.Key key = read("{\"operation\":\"INSERT\",\"table\":\"o\",\"key\":{\"a\":1,\"b\":\"x\"}}", "any")
			.key();
		assertThat(key.value("b")).isEqualTo("x");
		assertThatIllegalStateException().isThrownBy(key::value).withMessageContaining("2 columns [a, b]");
		assertThatIllegalArgumentException().isThrownBy(() -> key.value("c"));
		assertThat(key).hasToString("Key[a, b]");
	}

	@Test
	void anythingElseIsLeftToOthersOrRefusedWithoutRepeatingIt() {
		assertThat(this.converter.fromMessage(new GenericMessage<>(UPDATE), String.class)).isNull();
		assertThat(this.converter.toMessage("a", null)).isNull();
		for (String json : List.of("{\"secret\":1}", "secret", "[\"secret\"]")) {
			assertThatExceptionOfType(MessageConversionException.class)
				.isThrownBy(() -> this.converter.fromMessage(new GenericMessage<>(json), TableChange.class))
				.withMessageContaining("is no table change");
		}
	}

	@Test
	void textHasNoValues() throws Exception {
		assertThat(read(UPDATE, "record")).asString()
			.contains("UPDATE", "s.o")
			.doesNotContain("12345678901", "order_no");
	}

	private TableChange<?> read(String json, String method) throws Exception {
		MethodParameter parameter = null;
		for (var candidate : getClass().getDeclaredMethods()) {
			if (candidate.getName().equals(method)) {
				parameter = new MethodParameter(candidate, 0);
			}
		}
		return (TableChange<?>) this.converter.fromMessage(new GenericMessage<>(json), TableChange.class, parameter);
	}

	@SuppressWarnings("unused")
	private void record(TableChange<Row> change) {
	}

	@SuppressWarnings("unused")
	private void map(TableChange<Map<String, Object>> change) {
	}

	@SuppressWarnings("unused")
	private void tree(TableChange<JsonNode> change) {
	}

	@SuppressWarnings("unused")
	private void any(TableChange<?> change) {
	}

	@SuppressWarnings("unused")
	private void message(Message<TableChange<Row>> change) {
	}

	record Row(int orderNo, String createdBy, @JsonProperty("Order No") int other) {

	}

}
