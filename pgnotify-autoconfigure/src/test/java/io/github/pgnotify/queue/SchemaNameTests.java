package io.github.pgnotify.queue;

import io.github.pgnotify.PgNotifyStartupException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class SchemaNameTests {

	private static final String LONGEST = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";

	@ParameterizedTest
	@ValueSource(strings = { "queue", "My Schema", "a\"b", "\u00e4\u20ac", "pgnotify", "$x{}", LONGEST })
	void isAnyThatPostgresqlTakes(String value) {
		assertThat(new SchemaName(value)).hasToString(value);
	}

	@Test
	void isQuotedSoThatItIsTakenLiterally() {
		assertThat(new SchemaName("a\"b; c").quoted()).isEqualTo("\"a\"\"b; c\"");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a\u0000", "\ud83d", LONGEST + "f", LONGEST + "\u20ac", "pg_queue", "${schema}" })
	void isRefusedWithASentenceOtherwise(String value) {
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(() -> new SchemaName(value))
			.withMessageStartingWith("The name of the schema for stored messages")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("pgnotify.schema"));
	}

}
