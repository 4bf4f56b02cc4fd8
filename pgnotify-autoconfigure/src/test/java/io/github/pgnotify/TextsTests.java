package io.github.pgnotify;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class TextsTests {

	private static final String PAIR = "\ud83d\ude00";

	@ParameterizedTest
	@ValueSource(strings = { "", "a", "\u0001", "\u00e9\u20ac", PAIR, PAIR + PAIR, "a" + PAIR + "b", "\ufffd\uffff" })
	void mostTextCanBeStored(String text) {
		assertThat(Texts.indexOfUnstorable(text)).isEqualTo(-1);
	}

	@Test
	void nulAndSurrogatesWithoutPartnerAreFoundWhereTheyAre() {
		assertThat(Texts.indexOfUnstorable("\u0000")).isZero();
		assertThat(Texts.indexOfUnstorable(PAIR + "\u0000")).isEqualTo(2);
		assertThat(Texts.indexOfUnstorable("a\ud83d")).isEqualTo(1);
		assertThat(Texts.indexOfUnstorable("a\ud83db")).isEqualTo(1);
		assertThat(Texts.indexOfUnstorable("\ude00")).isZero();
		assertThat(Texts.indexOfUnstorable("\ude00\ud83d")).isZero();
		assertThat(Texts.indexOfUnstorable("\ud83d" + PAIR)).isZero();
		assertThat(Texts.indexOfUnstorable(PAIR + "\ude00")).isEqualTo(2);
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', textBlock = """
			"\\u0000",          1
			"a\\u0000",         2
			"\\\\u0000",       -1
			"\\\\\\u0000",      3
			"\\\\u0000\\u0000", 8
			"\\u0001",         -1
			"u0000",           -1
			{"a":"\\n\\u0000"}, 8
			""")
	void anEscapedNulIsFoundWhereItIs(String json, int position) {
		assertThat(Texts.indexOfEscapedNul(json)).isEqualTo(position);
	}

	@Test
	void whatCannotBeStoredIsNamed() {
		assertThat(Texts.describe("a\u0000", 1)).isEqualTo("a NUL character");
		assertThat(Texts.describe("\ud83d", 0)).isEqualTo("an unpaired surrogate (U+D83D)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a", "\u007f\u0080", "\u07ff\u0800", "\uffff", PAIR, "a\u00e9\u20ac" + PAIR + "z" })
	void lengthIsThatOfTheEncodedText(String text) {
		assertThat(Texts.utf8Length(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
	}

}
