package io.github.pgnotify;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ChannelNameTests {

	private static final String LONGEST = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";

	@ParameterizedTest
	@ValueSource(strings = { "orders", "Orders", "two words", " ", "a\"b'c\\d", "a; DROP TABLE x", "pgnotify",
			"Pgnotify.x", "\u00e4\u20ac\ud83d\ude00", "line\nfeed", LONGEST,
			"\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac"
					+ "\u20ac\u20ac\u20ac\u20ac" })
	void isWhatPostgresqlTakes(String value) {
		ChannelName name = ChannelName.of(value);
		assertThat(name.value()).isEqualTo(value);
		assertThat(name).hasToString(value);
		assertThat(name.isReserved()).isFalse();
	}

	@ParameterizedTest
	@NullAndEmptySource
	@ValueSource(strings = { "a\u0000b", "\ud83d", "a\ude00", LONGEST + "f",
			"\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac"
					+ "\u20ac\u20ac\u20ac\u20ac\u20ac" })
	void isNotWhatPostgresqlRefusesOrCuts(@Nullable String value) {
		assertThatExceptionOfType(InvalidChannelNameException.class).isThrownBy(() -> ChannelName.of(value))
			.withMessageStartingWith("Channel name ");
	}

	@Test
	void aRefusalSaysHowMuchIsTooMuch() {
		assertThatExceptionOfType(InvalidChannelNameException.class)
			.isThrownBy(() -> ChannelName.of(LONGEST + "\u20ac"))
			.withMessageContaining("has 66 bytes, PostgreSQL allows 63. Shorten it by 3 bytes");
	}

	@Test
	void aRefusalNamesThePlace() {
		assertThatExceptionOfType(InvalidChannelNameException.class).isThrownBy(() -> ChannelName.of("ab\u0000"))
			.withMessageContaining("NUL character at position 2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "pgnotify.", "pgnotify.control" })
	void aReservedNameIsNotForApplications(String value) {
		assertThatExceptionOfType(InvalidChannelNameException.class).isThrownBy(() -> ChannelName.of(value))
			.withMessageContaining("reserved");
		assertThat(new ChannelName(value).isReserved()).isTrue();
	}

	@Test
	void isQuotedSoThatItIsTakenLiterally() {
		assertThat(ChannelName.of("My\"Chan; x").quoted()).isEqualTo("\"My\"\"Chan; x\"");
	}

	@Test
	void isEqualOnlyToTheSameNameInTheSameCase() {
		assertThat(ChannelName.of("orders")).isEqualTo(ChannelName.of("orders"))
			.isNotEqualTo(ChannelName.of("Orders"))
			.isGreaterThan(ChannelName.of("Orders"));
	}

}
