package io.github.pgnotify.queue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.pgnotify.queue.DeadLetter.FailedAttempt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the JSON of columns.
 */
final class Json {

	private Json() {
	}

	@SuppressWarnings("unchecked")
	static Map<String, Object> headers(@Nullable String json) {
		if (json == null) {
			return Map.of();
		}
		Map<String, Object> values = JsonMapper.shared().readValue(json, LinkedHashMap.class);
		values.values().removeIf(Objects::isNull);
		return Collections.unmodifiableMap(values);
	}

	static List<FailedAttempt> errors(@Nullable String json) {
		List<FailedAttempt> errors = new ArrayList<>();
		if (json != null) {
			for (JsonNode error : JsonMapper.shared().readTree(json)) {
				errors.add(new FailedAttempt(error.path("attempt").asInt(0), error.path("at").asString(""),
						error.path("error").asString("")));
			}
		}
		return List.copyOf(errors);
	}

}
