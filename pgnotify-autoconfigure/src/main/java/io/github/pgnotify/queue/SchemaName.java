package io.github.pgnotify.queue;

import java.nio.charset.StandardCharsets;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.SqlIdentifier;

/**
 * Name of the schema that holds the stored messages: any that PostgreSQL and Flyway take.
 *
 * @param value the name, case kept
 */
record SchemaName(String value) {

	private static final int MAX_BYTES = 63;

	SchemaName {
		if (value.isBlank()) {
			throw refusal("The name of the schema for stored messages is empty");
		}
		if (value.indexOf(0) >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
			throw refusal("The name of the schema for stored messages has a character that PostgreSQL cannot hold");
		}
		int length = value.getBytes(StandardCharsets.UTF_8).length;
		if (length > MAX_BYTES) {
			throw refusal("The name of the schema for stored messages, '" + value + "', has " + length
					+ " bytes, PostgreSQL allows " + MAX_BYTES);
		}
		if (value.contains("${")) {
			throw refusal("The name of the schema for stored messages, '" + value
					+ "', has a '${', which begins a placeholder");
		}
		if (value.startsWith("pg_")) {
			throw refusal("The name of the schema for stored messages, '" + value
					+ "', begins with 'pg_', which PostgreSQL keeps for itself");
		}
	}

	/**
	 * The name as an SQL identifier.
	 */
	String quoted() {
		return SqlIdentifier.quote(this.value);
	}

	@Override
	public String toString() {
		return this.value;
	}

	private static PgNotifyStartupException refusal(String description) {
		return new PgNotifyStartupException(description + ".",
				"Set the property pgnotify.schema to a name of 1 to " + MAX_BYTES + " bytes, or leave it out.");
	}

}
