package io.github.pgnotify.sample;

import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

class ArrivalTests {

	@Test
	void namesTheTypeThatArrived() {
		assertThat(arrival("text").type()).isEqualTo("String");
		assertThat(arrival(Map.of("a", 1)).type()).startsWith("Map");
		assertThat(arrival(new Notice("a", "b", List.of())).type()).isEqualTo("Notice");
		assertThat(arrival(null).type()).isEqualTo("null");
	}

	@Test
	void namesTheElementsOfAListIfTheyAreAllOfOneType() {
		assertThat(arrival(List.of(1, 2)).type()).endsWith("<Integer>");
		assertThat(arrival(List.of(1, "two")).type()).doesNotContain("<");
		assertThat(arrival(List.of()).type()).doesNotContain("<");
	}

	@Test
	void isShownByTypeAndTextNotByItsFields() {
		JsonNode json = JsonMapper.shared().valueToTree(arrival(List.of(1, 2)));
		assertThat(json.propertyNames()).containsExactlyInAnyOrder("time", "channel", "type", "value", "senderPid",
				"listener");
		assertThat(json.get("value").asString()).isEqualTo("[1, 2]");
	}

	@Test
	void aGapIsShownByItsFields() {
		JsonNode json = JsonMapper.shared()
			.valueToTree(new Gap("OVERFLOW", Instant.EPOCH, Instant.EPOCH.plusSeconds(1), 3L, "notes"));
		assertThat(json.propertyNames()).containsExactlyInAnyOrder("cause", "from", "to", "dropped", "listener");
		assertThat(json.get("dropped").asLong()).isEqualTo(3);
	}

	private static Arrival arrival(Object payload) {
		return new Arrival(Instant.EPOCH, "foo", payload, 1, "notes");
	}

}
