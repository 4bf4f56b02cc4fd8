package io.github.pgnotify.tablechange;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The comment on everything that pgnotify installs: whose it is, and of which state.
 * Without it a function or trigger is somebody else's and left alone.
 *
 * @param name name of the declaration
 * @param application whose declaration it is
 * @param hash of what was generated for it
 */
record Mark(String name, String application, String hash) {

	private static final String PREFIX = "pgnotify trigger ";

	private static final int VERSION = 2;

	private static final JsonMapper MAPPER = JsonMapper.shared();

	static Mark of(TableTrigger trigger, String application, String generated) {
		return new Mark(trigger.name(), application, hash(generated));
	}

	/**
	 * Reads a comment.
	 * @return {@code null} if it is none of ours
	 */
	static @Nullable Mark parse(@Nullable String comment) {
		if (comment == null || !comment.startsWith(PREFIX)) {
			return null;
		}
		try {
			JsonNode json = MAPPER.readTree(comment.substring(PREFIX.length()));
			return new Mark(json.path("name").asString(), json.path("application").asString(),
					json.path("hash").asString());
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	/**
	 * The text of the comment.
	 */
	String comment() {
		Map<String, Object> json = new LinkedHashMap<>();
		json.put("version", VERSION);
		json.put("name", this.name);
		json.put("application", this.application);
		json.put("hash", this.hash);
		return PREFIX + MAPPER.writeValueAsString(json);
	}

	private static String hash(String text) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)), 0, 16);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java has SHA-256", ex);
		}
	}

}
