package io.github.pgnotify.tablechange;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Declares triggers in a test's database and reads what they tell, as another program
 * would.
 *
 * @param database the database
 */
record TriggerDatabase(TestDatabase database) {

	static final String CHANNEL = "changes";

	private static final JsonMapper MAPPER = JsonMapper.shared();

	/**
	 * Creates the schema of the stored messages.
	 */
	TriggerDatabase withQueue() {
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		return this;
	}

	TriggerSettings settings(Mode mode) {
		return settings(mode, "test", Path.of("unused.sql"));
	}

	TriggerSettings settings(Mode mode, String application, Path script) {
		return new TriggerSettings(mode, application, "queue", true, Duration.ofSeconds(10), script);
	}

	PgTableTriggers declare(TableTrigger... triggers) {
		return declare(this.database.dataSource(), settings(Mode.APPLY), List.of(triggers));
	}

	PgTableTriggers declare(DataSource dataSource, TriggerSettings settings, Collection<TableTrigger> triggers) {
		PgTableTriggers declared = new PgTableTriggers(dataSource, settings);
		declared.declare(triggers);
		return declared;
	}

	/**
	 * Declares triggers and installs them.
	 */
	PgTableTriggers apply(TableTrigger... triggers) {
		PgTableTriggers declared = declare(triggers);
		declared.apply();
		return declared;
	}

	/**
	 * Returns a declaration on a table, on {@link #CHANNEL}.
	 */
	static TableTrigger.Builder on(String table) {
		return TableTrigger.of("test", table).channel(CHANNEL);
	}

	TestListener listen() throws SQLException {
		return new TestListener(this.database.dataSource(), CHANNEL);
	}

	/**
	 * Returns what is told live of some statements.
	 */
	List<JsonNode> told(String... statements) throws SQLException {
		try (TestListener listener = listen()) {
			for (String statement : statements) {
				this.database.execute(statement);
			}
			return json(listener.receivedPayloads());
		}
	}

	/**
	 * Returns what is stored, in order.
	 */
	List<JsonNode> stored() {
		return json(this.database.jdbc()
			.queryForList("SELECT data::text FROM queue.message WHERE channel = ? ORDER BY id", String.class, CHANNEL));
	}

	/**
	 * Returns a table's rows as text, in order.
	 */
	List<String> rows(String table) {
		return this.database.jdbc().queryForList("SELECT t::text FROM " + table + " AS t ORDER BY 1", String.class);
	}

	static List<JsonNode> json(List<String> payloads) {
		List<JsonNode> json = new ArrayList<>();
		payloads.forEach((payload) -> json.add(MAPPER.readTree(payload)));
		return json;
	}

	static JsonNode json(String text) {
		return MAPPER.readTree(text);
	}

}
