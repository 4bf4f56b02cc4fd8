package io.github.pgnotify;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.messaging.support.MessageBuilder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

class OutgoingMessageTests {

	private final OutgoingMessage message = OutgoingMessage.of("orders", "x");

	@Test
	void everyMethodLeavesTheOriginalAsItIs() {
		OutgoingMessage changed = this.message.key("k")
			.header("h", 1)
			.priority(3)
			.delay(Duration.ofSeconds(1))
			.expiresAfter(Duration.ofSeconds(2))
			.deduplicationId("d")
			.announce();
		assertThat(this.message.headers()).isEmpty();
		assertThat(this.message.converted(null, null, false).isPlain()).isTrue();
		assertThat(this.message.announced(false)).isFalse();
		assertThat(changed.announced(false)).isTrue();
		assertThat(changed.converted("1", "{}", false).isPlain()).isFalse();
	}

	@Test
	void headersAddUp() {
		OutgoingMessage changed = this.message.header("a", 1).headers(Map.of("b", 2)).header("a", 3);
		assertThat(changed.headers()).containsExactlyInAnyOrderEntriesOf(Map.of("a", 3, "b", 2));
	}

	@Test
	void ofSpringsHeadersOnlyThoseOfTheSenderAreTaken() {
		OutgoingMessage changed = this.message
			.headers(MessageBuilder.withPayload("x").setHeader("tenant", "acme").build().getHeaders());
		assertThat(changed.headers()).containsExactly(Map.entry("tenant", "acme"));
	}

	@Test
	void keysAndIdsHaveUpTo255Bytes() {
		String longest = "\u20ac".repeat(85);
		assertThatNoException().isThrownBy(() -> this.message.key(longest).deduplicationId(longest));
		assertRefused(() -> this.message.key(longest + "x"), "The key of a message for channel 'orders' has 256 bytes");
		assertRefused(() -> this.message.deduplicationId(longest + "x"), "The deduplication id", "256 bytes");
		assertRefused(() -> this.message.key(""), "has 0 bytes, allowed are 1 to 255");
		assertRefused(() -> this.message.deduplicationId(""), "has 0 bytes");
	}

	@ParameterizedTest
	@ValueSource(strings = { "ab\0", "ab\uD83D", "ab\uDE00" })
	void whatPostgresqlCannotHoldIsRefused(String text) {
		assertRefused(() -> this.message.key(text), "The key", "at position 2");
		assertRefused(() -> this.message.deduplicationId(text), "The deduplication id", "at position 2");
		assertRefused(() -> this.message.header("name", text), "Header 'name'", "at position 2");
		assertRefused(() -> this.message.header(text, "value"), "A header's name", "at position 2");
		OutgoingMessage nested = this.message.header("name", Map.of("inner", text));
		assertRefused(() -> OutgoingPayloads.jsonHeaders(nested.channel(), nested.headers()), "The headers");
	}

	@Test
	void aHeaderWithoutValueIsRefused() {
		Map<String, Object> headers = new HashMap<>();
		headers.put("tenant", null);
		assertRefused(() -> this.message.headers(headers), "Header 'tenant'", "is null");
	}

	@Test
	void thePriorityIsASmallint() {
		assertThatNoException()
			.isThrownBy(() -> this.message.priority(Short.MIN_VALUE).priority(Short.MAX_VALUE).priority(0));
		assertRefused(() -> this.message.priority(32_768), "Priority 32768");
		assertRefused(() -> this.message.priority(-32_769), "Priority -32769");
	}

	@Test
	void timesThatMakeNoSenseAreRefused() {
		Duration longest = Duration.ofDays(36_500);
		assertThatNoException().isThrownBy(() -> this.message.delay(Duration.ZERO).delay(longest));
		assertRefused(() -> this.message.delay(Duration.ofNanos(-1)), "Delay", "negative");
		assertRefused(() -> this.message.delay(longest.plusNanos(1)), "Delay", "longer than 36500 days");
		assertRefused(() -> this.message.expiresAfter(Duration.ZERO), "Expiry", "zero or negative");
		assertRefused(() -> this.message.expiresAfter(longest.plusNanos(1)), "Expiry", "longer than 36500 days");
		assertRefused(() -> this.message.availableAt(Instant.MAX), "years 1 to 9999");
		assertRefused(() -> this.message.expiresAt(Instant.MIN), "years 1 to 9999");
	}

	@Test
	void aTextThatMayEndInALogSaysNothingOfThePayload() {
		assertThat(this.message.key("secret").converted("\"secret\"", null, false)).asString().doesNotContain("secret");
	}

	private static void assertRefused(Runnable call, String... texts) {
		assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(call::run)
			.satisfies((ex) -> assertThat(ex.getMessage()).contains(texts));
	}

}
