package io.github.pgnotify.queue;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/**
 * What is kept of a failed attempt: a JSON object that PostgreSQL can hold.
 */
final class Errors {

	private static final int MAX_LENGTH = 2_000;

	private Errors() {
	}

	static String json(int attempt, Throwable error) {
		StringBuilder text = new StringBuilder(describe(error));
		for (Throwable cause = error.getCause(); cause != null
				&& text.length() < MAX_LENGTH; cause = cause.getCause()) {
			text.append("; caused by ").append(describe(cause));
		}
		return json(attempt, text.toString());
	}

	/** An exception is other people's code, too. */
	private static String describe(Throwable error) {
		try {
			return String.valueOf(error);
		}
		catch (RuntimeException ex) {
			return error.getClass().getName();
		}
	}

	static String json(int attempt, String error) {
		Map<String, Object> object = new LinkedHashMap<>();
		object.put("attempt", attempt);
		object.put("at", Instant.now().toString());
		object.put("error", storable(error));
		return JsonMapper.shared().writeValueAsString(object);
	}

	private static String storable(String text) {
		StringBuilder storable = new StringBuilder();
		text.codePoints().limit(MAX_LENGTH).forEach((codePoint) -> {
			boolean refused = codePoint == 0
					|| (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
			storable.appendCodePoint(refused ? 0xFFFD : codePoint);
		});
		return storable.toString();
	}

}
