package io.github.pgnotify.gateway;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;

import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * That the index of stored channels is there where one is wanted, and nowhere else.
 */
class PgGatewayIndexIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final String SCHEMA = "Queue's \"own\"";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@BeforeEach
	void createSchema() {
		new QueueSchema(this.database.dataSource(), SCHEMA).migrate();
	}

	@Test
	void senderPaysForNoIndexThatNobodyAskedFor() throws Exception {
		assertThat(state()).isEqualTo("none");
	}

	@Test
	void isCreatedWithoutWaitingForASender() throws Exception {
		try (Connection sender = this.database.dataSource().getConnection();
				Statement statement = sender.createStatement()) {
			sender.setAutoCommit(false);
			statement.execute(insert("before"));
			prepare(true);
			await().atMost(PATIENCE).until(() -> state().equals("being built"));
			try (Connection another = this.database.dataSource().getConnection();
					Statement other = another.createStatement()) {
				other.execute(insert("meanwhile"));
			}
			sender.commit();
		}
		await().atMost(PATIENCE).until(() -> state().equals("valid"));
		String oid = oid();
		prepare(true);
		prepare(true);
		await().during(Duration.ofMillis(300)).atMost(PATIENCE).until(() -> oid().equals(oid));
	}

	@Test
	void oneThatWasBrokenOffIsCreatedAgain() throws Exception {
		prepare(true);
		await().atMost(PATIENCE).until(() -> state().equals("valid"));
		this.database.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = " + oid() + "::oid");
		String broken = oid();
		prepare(true);
		await().atMost(PATIENCE).until(() -> state().equals("valid"));
		assertThat(oid()).isNotEqualTo(broken);
	}

	@Test
	void isNotCreatedWhereTheScriptsAreTheUsers() throws Exception {
		prepare(false);
		await().during(Duration.ofMillis(300)).atMost(PATIENCE).until(() -> state().equals("none"));
	}

	private void prepare(boolean mayCreate) {
		new PgGatewayIndex(this.database.dataSource(), SCHEMA).prepare(mayCreate);
	}

	private String state() throws Exception {
		return this.database.queryForString("SELECT coalesce((SELECT CASE WHEN indisvalid THEN 'valid' ELSE "
				+ "'being built' END FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
				+ "WHERE relname = 'message_writer'), 'none')");
	}

	private String oid() throws Exception {
		return this.database.queryForString("SELECT oid FROM pg_class WHERE relname = 'message_writer'");
	}

	private static String insert(String text) {
		return "INSERT INTO \"Queue's \"\"own\"\"\".message (channel, data) VALUES ('news', '\"" + text + "\"')";
	}

}
