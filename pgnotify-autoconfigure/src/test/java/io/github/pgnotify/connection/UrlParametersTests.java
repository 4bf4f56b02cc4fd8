package io.github.pgnotify.connection;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class UrlParametersTests {

	@Test
	void aUrlWithoutParametersStays() {
		assertThat(UrlParameters.remove("jdbc:postgresql://h/db", (name, value) -> true))
			.isEqualTo("jdbc:postgresql://h/db");
	}

	@Test
	void whatIsRemovedIsGoneWhereverItStands() {
		assertThat(without("jdbc:postgresql://h/db?user=me&ssl=true", "user"))
			.isEqualTo("jdbc:postgresql://h/db?ssl=true");
		assertThat(without("jdbc:postgresql://h/db?ssl=true&user=me&options=-c%20a=b", "user"))
			.isEqualTo("jdbc:postgresql://h/db?ssl=true&options=-c%20a=b");
		assertThat(without("jdbc:postgresql://h/db?user=me", "user")).isEqualTo("jdbc:postgresql://h/db?");
	}

	@Test
	void namesAreWholeAndValuesDecoded() {
		assertThat(without("jdbc:postgresql://h/db?username=me", "user"))
			.isEqualTo("jdbc:postgresql://h/db?username=me");
		assertThat(UrlParameters.remove("jdbc:postgresql://h/db?a=two+words&b=two%20words&c=two",
				(name, value) -> value.equals("two words")))
			.isEqualTo("jdbc:postgresql://h/db?c=two");
	}

	@Test
	void whatIsNoParameterStays() {
		assertThat(UrlParameters.remove("jdbc:postgresql://h/db?flag&bad=%zz&", (name, value) -> value.equals("x")))
			.isEqualTo("jdbc:postgresql://h/db?flag&bad=%zz");
	}

	private static String without(String url, String parameter) {
		return UrlParameters.remove(url, (name, value) -> name.equals(parameter));
	}

}
