package io.github.pgnotify.queue;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.Envelope;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGNotification;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

class MessageTriggerIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private TestListener listener;

	@BeforeEach
	void listen() throws SQLException {
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		this.listener = new TestListener(this.database.dataSource(), "orders");
	}

	@AfterEach
	void stopListening() throws SQLException {
		this.listener.close();
	}

	@Test
	void aPlainInsertIsAnnouncedOnItsChannel() throws SQLException {
		this.database.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '{\"id\":1}')");
		this.database.execute("INSERT INTO queue.message (channel, data) VALUES ('invoices', '{\"id\":2}')");
		List<PGNotification> received = this.listener.received();
		assertThat(received).extracting(PGNotification::getName).containsExactly("orders");
		assertThat(received.get(0).getParameter()).matches("\\{\"pgnotify\":1,\"id\":1,\"channel\":\"orders\","
				+ "\"data\":\\{\"id\":1\\},\"created_at\":\"[^\"]+\",\"updated_at\":\"[^\"]+\"\\}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"Hello, PostgreSQL!\"", "\"finish\"", "{ \"b\" : 1.10,\n \"a\":1, \"a\":2 }", "1e400",
			"[]", "null", "\"\\u00e9 \u00e9 \ud83d\ude00 \\\" \\\\ \"", " 1 " })
	void dataArrivesAsItWasWritten(String data) throws SQLException {
		insert("INSERT INTO queue.message (channel, data) VALUES ('orders', ?::json)", data);
		assertThat(this.listener.receivedPayloads()).singleElement()
			.asString()
			.contains(",\"data\":" + data + ",\"created_at\":");
	}

	@Test
	void aMessageWithoutDataIsAnnouncedWithNull() throws SQLException {
		this.database.execute("INSERT INTO queue.message (channel) VALUES ('orders')");
		assertThat(announcements()).singleElement()
			.satisfies((envelope) -> assertThat(envelope.data()).isEqualTo(new Envelope.Data("null", null)));
	}

	@Test
	void equalRowsOfOneTransactionAllArrive() throws SQLException {
		inTransaction("INSERT INTO queue.message (channel, data) VALUES ('orders', '\"finish\"')",
				"INSERT INTO queue.message (channel, data) VALUES ('orders', '\"finish\"'), ('orders', '\"finish\"')");
		assertThat(announcements()).extracting(Envelope::messageId).containsExactly(1L, 2L, 3L);
	}

	@Test
	void manyRowsArriveInTheOrderOfTheirNumbers() throws SQLException {
		this.database.execute("INSERT INTO queue.message (id, channel) OVERRIDING SYSTEM VALUE "
				+ "SELECT id, 'orders' FROM generate_series(1000, 1, -1) AS id");
		assertThat(announcements()).extracting(Envelope::messageId).hasSize(1000).isSorted();
	}

	@Test
	void dataThatNoNotificationHoldsIsStoredAndAnnouncedWithoutIt() throws SQLException {
		String data = '"' + "x".repeat(100_000) + '"';
		insert("INSERT INTO queue.message (channel, data) VALUES ('orders', ?::json)", data);
		assertThat(this.listener.receivedPayloads()).singleElement()
			.asString()
			.matches("\\{\"pgnotify\":1,\"id\":1,\"channel\":\"orders\",\"created_at\":\"[^\"]+\","
					+ "\"updated_at\":\"[^\"]+\"\\}");
		assertThat(this.database.queryForString("SELECT data FROM queue.message")).isEqualTo(data);
	}

	@ParameterizedTest
	@ValueSource(strings = { "x", "\u00e9", "\u20ac", "\ud83d\ude00" })
	void anAnnouncementOfExactly7999BytesStillHasItsData(String character) throws SQLException {
		String insert = "INSERT INTO queue.message (channel, data, created_at, updated_at) "
				+ "VALUES ('orders', to_json(?::text), '2026-01-01', '2026-01-01')";
		insert(insert, "");
		int overhead = utf8(this.listener.receivedPayloads().get(0)).length;
		int room = 7_999 - overhead;
		int width = utf8(character).length;
		String longest = character.repeat(room / width) + "x".repeat(room % width);
		insert(insert, longest);
		insert(insert, longest + "x");
		assertThat(this.listener.receivedPayloads())
			.satisfiesExactly((payload) -> assertThat(utf8(payload)).hasSize(7_999), (payload) -> assertThat(payload)
				.matches("\\{\"pgnotify\":1,\"id\":3,\"channel\":\"orders\",\"created_at\".*"));
	}

	@Test
	void whatWasNotInsertedReachesNobody() throws SQLException {
		inTransaction("INSERT INTO queue.message (channel) VALUES ('orders')");
		assertThat(announcements()).hasSize(1);
		inTransaction(
				"INSERT INTO queue.message (id, channel) OVERRIDING SYSTEM VALUE VALUES (1, 'orders') "
						+ "ON CONFLICT DO NOTHING",
				"INSERT INTO queue.message (id, channel) OVERRIDING SYSTEM VALUE VALUES (1, 'orders') "
						+ "ON CONFLICT (id) DO UPDATE SET updated_at = now()",
				"UPDATE queue.message SET updated_at = now()");
		inTransaction("INSERT INTO queue.message (channel) VALUES ('orders')", "ROLLBACK");
		inTransaction("SAVEPOINT s", "INSERT INTO queue.message (channel) VALUES ('orders')",
				"ROLLBACK TO SAVEPOINT s");
		assertThat(announcements()).isEmpty();
	}

	@Test
	void onlyRowsToBeAnnouncedAreAnnounced() throws SQLException {
		this.database.execute("INSERT INTO queue.message (channel, announce) VALUES ('orders', false)");
		this.database.execute("INSERT INTO queue.message (channel, announce) "
				+ "VALUES ('orders', false), ('orders', true), ('orders', false), ('orders', true)");
		assertThat(announcements()).extracting(Envelope::messageId).containsExactly(3L, 5L);
	}

	@ParameterizedTest
	@ValueSource(strings = { "Orders", "two words", "a\"b'c\\d", "{\"x\":1}", "a; create table pwned(x int)",
			"\u00e4\u20ac\ud83d\ude00", "pgnotify", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde" })
	void anyChannelIsJustAName(String channel) throws SQLException {
		try (TestListener channelListener = new TestListener(this.database.dataSource(), channel)) {
			insert("INSERT INTO queue.message (channel, data) VALUES (?, '1')", channel);
			assertThat(channelListener.received()).singleElement().satisfies((notification) -> {
				assertThat(notification.getName()).isEqualTo(channel);
				assertThat(Envelope.parse(notification.getParameter())).isNotNull();
			});
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "pgnotify.", "pgnotify.control",
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			"\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac"
					+ "\u20ac\u20ac\u20ac\u20ac\u20ac" })
	void aNameThatCannotBeAnApplicationsChannelIsRefused(String channel) {
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> insert("INSERT INTO queue.message (channel) VALUES (?)", channel))
			.withMessageContainingAll("cannot be stored", "channel");
	}

	@Test
	void timesAreIsoWhateverTheSessionPrefers() throws SQLException {
		this.database.execute("""
				DO $$ BEGIN
				  SET LOCAL DateStyle = 'SQL, DMY';
				  SET LOCAL TimeZone = 'Asia/Kathmandu';
				  INSERT INTO queue.message (channel, created_at) VALUES ('orders', '2026-03-04 05:06:07.89+00');
				END $$""");
		this.database.execute("""
				DO $$ BEGIN
				  SET LOCAL DateStyle = 'German';
				  SET LOCAL TimeZone = 'America/St_Johns';
				  INSERT INTO queue.message (channel) VALUES ('orders');
				END $$""");
		OffsetDateTime stored = this.database.jdbc()
			.queryForObject("SELECT created_at FROM queue.message WHERE id = 2", OffsetDateTime.class);
		assertThat(announcements()).satisfiesExactly(
				(envelope) -> assertThat(envelope.createdAt()).isEqualTo("2026-03-04T05:06:07.89Z"),
				(envelope) -> assertThat(envelope.createdAt()).isEqualTo(stored));
	}

	@ParameterizedTest
	@ValueSource(strings = { "infinity", "-infinity", "0044-03-15 BC", "12026-01-01" })
	void aTimeThatJavaCannotReadDoesNotSpoilTheMessage(String time) throws SQLException {
		insert("INSERT INTO queue.message (channel, data, created_at) VALUES ('orders', '1', ?::timestamptz)", time);
		assertThat(announcements()).singleElement()
			.satisfies((envelope) -> assertThat(envelope.data()).isEqualTo(new Envelope.Data("1", "1")));
	}

	@Test
	void aHostileSearchPathCannotHijackTheTrigger() throws SQLException {
		String producer = this.database.createRole("hostile");
		allow(producer, "INSERT ON queue.message");
		this.database.execute("CREATE SCHEMA evil AUTHORIZATION " + producer);
		JdbcTemplate jdbc = new JdbcTemplate(this.database.dataSource(producer));
		String body = " LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hijacked''; END'";
		jdbc.execute("CREATE FUNCTION evil.pg_notify(text, text) RETURNS void" + body);
		jdbc.execute("CREATE FUNCTION evil.to_json(anyelement) RETURNS json" + body);
		jdbc.execute("CREATE FUNCTION evil.octet_length(text) RETURNS integer" + body);
		jdbc.execute("CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text" + body);
		jdbc.execute("CREATE FUNCTION evil.concatenate(text, text) RETURNS text" + body);
		jdbc.execute("CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.concatenate)");
		jdbc.execute("CREATE TABLE evil.inserted (id bigint, channel text, data json, announce boolean)");
		inTransaction(this.database.dataSource(producer), "SET search_path = evil, pg_catalog, pg_temp",
				"CREATE TEMPORARY TABLE inserted (LIKE evil.inserted) ON COMMIT DROP",
				"INSERT INTO queue.message (channel, data) VALUES ('orders', '1')");
		assertThat(announcements()).singleElement()
			.satisfies((envelope) -> assertThat(envelope.messageId()).isEqualTo(1));
	}

	@Test
	void aProducerNeedsInsertAndNothingElse() throws SQLException {
		String producer = this.database.createRole("producer");
		allow(producer, "INSERT ON queue.message");
		JdbcTemplate jdbc = new JdbcTemplate(this.database.dataSource(producer));
		jdbc.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '1')");
		assertThat(announcements()).hasSize(1);
		assertRefused(jdbc, "SELECT count(*) FROM queue.message");
		assertRefused(jdbc, "INSERT INTO queue.message (channel) VALUES ('orders') RETURNING id");
		assertRefused(jdbc, "SELECT queue.message_inserted()");
		this.database.execute("GRANT SELECT (id) ON queue.message TO " + producer);
		assertThat(
				jdbc.queryForObject("INSERT INTO queue.message (channel) VALUES ('orders') RETURNING id", Long.class))
			.isPositive();
	}

	@Test
	void aProducerMayBeKeptToChannelAndData() throws SQLException {
		String producer = this.database.createRole("producer");
		allow(producer, "INSERT (channel, data) ON queue.message");
		JdbcTemplate jdbc = new JdbcTemplate(this.database.dataSource(producer));
		jdbc.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '1')");
		assertThat(announcements()).hasSize(1);
		assertRefused(jdbc, "INSERT INTO queue.message (channel, writer_xid) VALUES ('orders', '1')");
	}

	@Test
	void otherRolesMayNothing() {
		JdbcTemplate jdbc = new JdbcTemplate(this.database.dataSource(this.database.createRole("stranger")));
		assertRefused(jdbc, "INSERT INTO queue.message (channel) VALUES ('orders')");
	}

	@Test
	void aRowKnowsItsTransaction() throws SQLException {
		inTransaction("CREATE TABLE expected AS SELECT pg_current_xact_id() AS xid",
				"INSERT INTO queue.message (channel) VALUES ('orders')");
		assertThat(this.database.queryForString("SELECT writer_xid = (SELECT xid FROM expected) FROM queue.message"))
			.isEqualTo("t");
	}

	@Test
	void aHugeDocumentDoesNotFailTheInsert() {
		assertThatNoException().isThrownBy(() -> this.database.execute(
				"INSERT INTO queue.message (channel, data) " + "VALUES ('orders', to_json(repeat('x', 50000000)))"));
	}

	private List<Envelope> announcements() throws SQLException {
		return this.listener.receivedPayloads().stream().map(Envelope::parse).toList();
	}

	private void insert(String sql, String value) {
		this.database.jdbc().update(sql, value);
	}

	private void allow(String role, String privilege) {
		this.database.execute("GRANT USAGE ON SCHEMA queue TO " + role);
		this.database.execute("GRANT " + privilege + " TO " + role);
	}

	private void inTransaction(String... statements) throws SQLException {
		inTransaction(this.database.dataSource(), statements);
	}

	private static void inTransaction(DataSource dataSource, String... statements) throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			for (String sql : statements) {
				statement.execute(sql);
			}
			connection.commit();
		}
	}

	private static void assertRefused(JdbcTemplate jdbc, String sql) {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> jdbc.execute(sql))
			.withStackTraceContaining("permission denied");
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
