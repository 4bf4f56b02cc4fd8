package io.github.pgnotify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

class EnvelopeTests {

	private static final String STORED = "{\"pgnotify\":1,\"id\":42,\"channel\":\"orders\",\"data\":%s,"
			+ "\"created_at\":\"2026-03-04T05:06:07.891234+00:00\",\"updated_at\":\"2026-03-04T05:06:07+00:00\"}";

	private static final String LIVE = "{\"pgnotify\":1,\"headers\":{\"tenant\":\"a\",\"n\":1},\"data\":%s}";

	static Stream<String> json() {
		return Stream.of("1.10", "1e400", "-0.0", "0", "12345678901234567890123456789", "9".repeat(5000), "true",
				"false", "{}", "[]", "{\"b\":1.10,\"a\":1,\"a\":2}", "{ \"a\" : [ 1 ,\n\t{ \"b\" : null } ] }",
				"[1,[2,[3,{\"x\":\"]}\"}]]]", "[{\"pgnotify\":1}]", "{\"data\":{\"data\":1},\"created_at\":2}",
				"{\"" + "k".repeat(60_000) + "\":1}", "[".repeat(2_000) + "]".repeat(2_000),
				"[\"" + "\u00e9\u20ac\ud83d\ude00".repeat(20_000) + "\"]");
	}

	@Nested
	class Reading {

		@ParameterizedTest
		@ValueSource(strings = { "", "hello", "{}", "{\"id\":1}", "{\"pgnotify\":2,\"data\":1}", "{\"pgnotify\":1",
				"{\"pgnotify\":1}", " {\"pgnotify\":1,\"data\":1}", "{\"pgnotify\":1, ", "[1]", "{\"pgnotify\":10}" })
		void aPayloadThatDoesNotBeginAsAnEnvelopeIsNone(String payload) {
			assertThat(Envelope.parse(payload)).isNull();
		}

		@ParameterizedTest
		@ValueSource(strings = { "{\"pgnotify\":1,}", "{\"pgnotify\":1,\"data\":1} ,", "{\"pgnotify\":1,\"data\":1}}",
				"{\"pgnotify\":1,\"data\":1}{}", "{\"pgnotify\":1,\"data\":nul}", "{\"pgnotify\":1,\"data\":01}",
				"{\"pgnotify\":1,\"data\":'a'}", "{\"pgnotify\":1,\"data\":[1}", "{\"pgnotify\":1,\"data\":\"\n\"}",
				"{\"pgnotify\":1,\"headers\":{\"a\":}}", "{\"pgnotify\":1,\"headers\":[1]}",
				"{\"pgnotify\":1,\"headers\":\"a\"}", "{\"pgnotify\":1,data:1}", "{\"pgnotify\":1,\"data\":\"\\x\"}" })
		void aMalformedEnvelopeIsAPlainPayload(String payload) {
			assertThat(Envelope.parse(payload)).isNull();
		}

		@ParameterizedTest
		@MethodSource("io.github.pgnotify.EnvelopeTests#json")
		void dataOfAStoredMessageIsAsItWasWritten(String data) {
			Envelope envelope = parse(STORED.formatted(data));
			assertThat(envelope.data()).isEqualTo(new Envelope.Data(data, data));
			assertThat(envelope.messageId()).isEqualTo(42);
			assertThat(envelope.headers()).isEmpty();
			assertThat(envelope.createdAt()).isEqualTo("2026-03-04T05:06:07.891234Z");
		}

		@ParameterizedTest
		@MethodSource("io.github.pgnotify.EnvelopeTests#json")
		void dataOfALiveEnvelopeIsAsItWasWritten(String data) {
			Envelope envelope = parse(LIVE.formatted(data));
			assertThat(envelope.data()).isEqualTo(new Envelope.Data(data, data));
			assertThat(envelope.messageId()).isNull();
			assertThat(envelope.headers()).containsExactly(Map.entry("tenant", "a"), Map.entry("n", 1));
			assertThat(envelope.createdAt()).isNull();
		}

		@Test
		void whitespaceAroundDataIsNoPartOfIt() {
			assertThat(parse(STORED.formatted(" \n\t1.10\r ")).data()).isEqualTo(new Envelope.Data("1.10", "1.10"));
			assertThat(parse(STORED.formatted("  \" a \"  ")).data()).isEqualTo(new Envelope.Data("\" a \"", " a "));
			assertThat(parse(STORED.formatted(" { } ")).data()).isEqualTo(new Envelope.Data("{ }", "{ }"));
		}

		@Test
		void theTextOfAJsonStringIsItsContent() {
			String json = "\"\\u00e9 \u00e9 \\ud83d\\ude00 \ud83d\ude00 \\\" \\\\ \\/ \\n\"";
			Envelope.Data data = parse(STORED.formatted(json)).data();
			assertThat(data).isEqualTo(new Envelope.Data(json, "\u00e9 \u00e9 \ud83d\ude00 \ud83d\ude00 \" \\ / \n"));
			assertThat(data.isString()).isTrue();
		}

		@Test
		void nullHasNoTextAndMissingDataIsNoData() {
			assertThat(parse(STORED.formatted("null")).data()).isEqualTo(new Envelope.Data("null", null));
			assertThat(parse("{\"pgnotify\":1,\"id\":42}").data()).isNull();
		}

		@ParameterizedTest
		@ValueSource(strings = { "\"infinity\"", "\"0044-03-15T00:00:00+00:00 BC\"", "\"\"", "1", "null", "{\"a\":1}" })
		void aTimeThatJavaCannotReadIsUnknown(String time) {
			Envelope envelope = parse("{\"pgnotify\":1,\"id\":42,\"created_at\":" + time + ",\"data\":1}");
			assertThat(envelope).isEqualTo(new Envelope(42L, Map.of(), new Envelope.Data("1", "1"), null, null));
		}

		@ParameterizedTest
		@ValueSource(strings = { "\"a\"", "null", "1.5", "{\"a\":{}}", "[1]" })
		void anIdThatIsNoNumberIsNoMessage(String id) {
			Envelope envelope = parse("{\"pgnotify\":1,\"id\":" + id + ",\"data\":1}");
			assertThat(envelope).isEqualTo(new Envelope(null, Map.of(), new Envelope.Data("1", "1"), null, null));
		}

		@Test
		void headersAreInOrderWithoutNullsAndCannotBeChanged() {
			Map<String, Object> headers = parse(
					"{\"pgnotify\":1,\"headers\":{\"z\":1,\"a\":[true],\"m\":null,\"z\":\"2\"},\"data\":1}")
				.headers();
			assertThat(headers).containsExactly(Map.entry("z", "2"), Map.entry("a", List.of(true)));
			assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> headers.put("x", 1));
		}

		@Test
		void nullHeadersAreNone() {
			assertThat(parse("{\"pgnotify\":1,\"headers\":null,\"data\":1}").headers()).isEmpty();
		}

		@Test
		void headersNestedToExhaustTheStackMakeAPlainPayload() {
			String deep = "[".repeat(3_900) + "]".repeat(3_900);
			assertThat(Envelope.parse("{\"pgnotify\":1,\"headers\":{\"a\":" + deep + "}}")).isNull();
		}

		@Test
		void unknownMembersAreSkipped() {
			assertThat(parse("{\"pgnotify\":1,\"x\":{\"data\":1},\"y\":[\"id\"],\"data\":2}"))
				.isEqualTo(new Envelope(null, Map.of(), new Envelope.Data("2", "2"), null, null));
		}

		@Test
		void anEnvelopeCutAnywhereIsAPlainPayload() {
			for (String whole : new String[] {
					STORED.formatted("{\"a\":[1.10,\"\\u00e9\ud83d\ude00\",true,null,{}],\"b\":-1e5}"),
					LIVE.formatted("\"text\"") }) {
				assertThat(Envelope.parse(whole)).isNotNull();
				for (int length = 0; length < whole.length(); length++) {
					assertThat(Envelope.parse(whole.substring(0, length))).as("cut at %d", length).isNull();
				}
			}
		}

		@Test
		void anEnvelopeWithAnyCharacterDamagedNeverThrows() {
			String whole = STORED.formatted("{\"a\":[1.10,\"\\u00e9\"]}")
				.replace("\"channel\"", "\"headers\":{},\"c\"");
			for (int position = 0; position < whole.length(); position++) {
				for (char damage : "\u0000\"\\{}[],:x0- \ud83d".toCharArray()) {
					String damaged = whole.substring(0, position) + damage + whole.substring(position + 1);
					assertThatNoException().as(damaged).isThrownBy(() -> Envelope.parse(damaged));
				}
			}
		}

		private Envelope parse(String payload) {
			Envelope envelope = Envelope.parse(payload);
			assertThat(envelope).isNotNull();
			return envelope;
		}

	}

	@Nested
	class Writing {

		@ParameterizedTest
		@MethodSource("io.github.pgnotify.EnvelopeTests#json")
		void whatIsWrittenCanBeRead(String data) {
			Map<String, Object> headers = new LinkedHashMap<>();
			headers.put("tenant", "a\"b\u20ac");
			headers.put("list", List.of(1, "x"));
			assertThat(Envelope.parse(Envelope.write(headers, data)))
				.isEqualTo(new Envelope(null, headers, new Envelope.Data(data, data), null, null));
		}

	}

	@Nested
	class DataAlone {

		@ParameterizedTest
		@MethodSource("io.github.pgnotify.EnvelopeTests#json")
		void isAsItWasWritten(String json) {
			assertThat(Envelope.Data.of(json)).isEqualTo(new Envelope.Data(json, json));
			assertThat(Envelope.Data.of("\n " + json + " \n")).isEqualTo(new Envelope.Data(json, json));
		}

		@Test
		void mayBeLong() {
			String text = "\ud83d\ude00x".repeat(200_000);
			assertThat(Envelope.Data.of('"' + text + '"').text()).isEqualTo(text);
		}

		@ParameterizedTest
		@ValueSource(strings = { "", " ", "{", "]", "[1", "\"a", "nul", "1 2", "{}x", "tru e", "hello" })
		void mustBeJson(String text) {
			assertThatExceptionOfType(JacksonException.class).isThrownBy(() -> Envelope.Data.of(text));
		}

	}

}
