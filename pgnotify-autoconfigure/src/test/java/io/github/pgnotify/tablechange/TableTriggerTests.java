package io.github.pgnotify.tablechange;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.Builder;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TableTriggerTests {

	@Test
	void saysLittleByDefault() {
		TableTrigger trigger = TableTrigger.of("orders", "orders").build();
		assertThat(trigger.channel().value()).isEqualTo("orders");
		assertThat(trigger.operations()).containsExactly(Operation.INSERT, Operation.UPDATE, Operation.DELETE);
		assertThat(trigger.columns()).isEmpty();
		assertThat(trigger.active()).isTrue();
	}

	static Stream<Arguments> impossible() {
		return Stream.of(impossible("has update-of", (trigger) -> trigger.on(Operation.INSERT).updateOf("a")),
				impossible("has when-changed", (trigger) -> trigger.on(Operation.DELETE).whenChanged("a")),
				impossible("names no operation", (trigger) -> trigger.on()),
				impossible("has an empty condition", (trigger) -> trigger.condition(" ")),
				impossible("INSTEAD OF a statement",
						(trigger) -> trigger.timing(Timing.INSTEAD_OF).level(Level.STATEMENT)),
				impossible("INSTEAD OF TRUNCATE",
						(trigger) -> trigger.timing(Timing.INSTEAD_OF).on(Operation.TRUNCATE)),
				impossible("has a condition", (trigger) -> trigger.timing(Timing.INSTEAD_OF).condition("NEW.a > 1")),
				impossible("names columns, and runs once", (trigger) -> trigger.level(Level.STATEMENT).columns("a")),
				impossible("look at values before the statement",
						(trigger) -> trigger.level(Level.STATEMENT).timing(Timing.BEFORE).whenChanged("a")),
				impossible("has announce", (trigger) -> trigger.announce(true)),
				impossible("cannot tell changes there", (trigger) -> trigger.channel("pgnotify.mine")));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("impossible")
	void whatWouldDoNothingOrCannotBeIsRefused(String fault, UnaryOperator<Builder> change) {
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> change.apply(TableTrigger.of("orders", "orders")).build())
			.withMessageStartingWith("The declared trigger 'orders' ")
			.withMessageContaining(fault)
			.satisfies((ex) -> assertThat(ex.getAction()).isNotBlank());
	}

	@Test
	void aStatementOfThePredecessorsFormatMayNameColumns() {
		assertThat(
				TableTrigger.of("a", "b").format(Format.PIGEON).level(Level.STATEMENT).columns("c").build().columns())
			.containsExactly("c");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a\0b", "\ud800", "ééééééééééééééééééééééééééééX" })
	void namesThatNoDatabaseObjectCanHaveAreRefused(String name) {
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> TableTrigger.of(name, "orders").channel("c").build());
	}

	@ParameterizedTest
	@CsvSource(nullValues = "null", value = { "orders,null,orders", "Order Items,null,Order Items", "a.b,a,b",
			"'\"a.b\"',null,a.b", "'x.\"a \"\"b\"\"\"',x,'a \"b\"'", "' orders ',null,orders" })
	void tableNamesAreTakenAsTheyAreWritten(String text, String schema, String table) {
		assertThat(TableName.parse(text)).isEqualTo(new TableName(schema, table));
	}

	@ParameterizedTest
	@ValueSource(strings = { "a.b.c", "a.", ".a", "\"a", "" })
	void otherTableNamesAreNone(String text) {
		assertThat(TableName.parse(text)).isNull();
	}

	private static Arguments impossible(String fault, UnaryOperator<Builder> change) {
		return Arguments.of(fault, change);
	}

}
