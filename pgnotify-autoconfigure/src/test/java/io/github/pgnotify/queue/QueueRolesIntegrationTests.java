package io.github.pgnotify.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.lifecycle.DaemonThreads;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.core.io.ClassPathResource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static io.github.pgnotify.queue.QueueHarness.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * That each role can do its work with the rights that the script names, and no more.
 */
class QueueRolesIntegrationTests {

	private static final List<String> PRODUCER = List.of("INSERT ON queue.message",
			"SELECT (id, channel, created_at, deduplication_id) ON queue.message",
			"SELECT, INSERT, DELETE ON queue.live_payload");

	private static final List<String> CONSUMER = List.of("SELECT, DELETE ON queue.message",
			"SELECT, INSERT, UPDATE, DELETE ON queue.subscription, queue.delivery, queue.dead_letter, queue.instance",
			"SELECT, UPDATE ON queue.subscription_change", "EXECUTE ON FUNCTION queue.acknowledge");

	private static final List<String> MONITOR = List
		.of("SELECT ON queue.message, queue.subscription, queue.delivery, queue.dead_letter");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final String owner = this.database.createRole("owner");

	private final String producer = this.database.createRole("producer");

	private final String consumer = this.database.createRole("consumer");

	private final String monitor = this.database.createRole("monitor");

	@BeforeEach
	void migrateAsOwner() {
		this.database.execute("CREATE SCHEMA queue AUTHORIZATION " + this.owner);
		new QueueSchema(this.database.dataSource(this.owner), "queue").migrate();
		allow(this.consumer, CONSUMER);
		allow(this.monitor, MONITOR);
	}

	@Test
	void theRightsAreThoseOfTheScript() throws IOException {
		String header = new ClassPathResource("db/pgnotify/V3__queue.sql").getContentAsString(StandardCharsets.UTF_8)
			.replaceAll("\\s+(-- +)?", " ");
		assertThat(header).contains(
				"producer INSERT on message; for the template SELECT (id, channel, created_at, deduplication_id) on it")
			.contains("SELECT, INSERT, DELETE on live_payload")
			.contains("consumer SELECT, DELETE on message; SELECT, INSERT, UPDATE, DELETE on subscription, delivery, "
					+ "dead_letter and instance; SELECT, UPDATE on subscription_change; EXECUTE on acknowledge.")
			.contains("monitor SELECT on message, subscription, delivery and dead_letter");
	}

	@Test
	void aProducerThatMayInsertAndNothingElseReachesEveryGroup() {
		allow(this.producer, PRODUCER.subList(0, 1));
		group("billing");
		group("audit");
		JdbcTemplate jdbc = as(this.producer);
		jdbc.execute("INSERT INTO queue.message (channel, data, key, priority) VALUES ('orders', '1', 'k', 3)");
		assertThat(this.database.queryForString("SELECT string_agg(state || priority || key, ',') FROM queue.delivery"))
			.isEqualTo("ready3k,ready3k");
		for (String table : List.of("message", "subscription", "delivery", "dead_letter", "instance",
				"subscription_change", "live_payload")) {
			refused(jdbc, "SELECT FROM queue." + table);
			refused(jdbc, "DELETE FROM queue." + table);
		}
		refused(jdbc,
				"INSERT INTO queue.delivery (message_id, subscription_id, priority, state) VALUES (1, 1, 0, 'ready')");
		refused(jdbc, "SELECT queue.acknowledge(1, '{1}', '{0}')");
	}

	@Test
	void aProducersApplicationStoresSendsAndWakes() throws SQLException {
		allow(this.producer, PRODUCER);
		group("billing");
		try (TestListener wakeUps = new TestListener(this.database.dataSource(), "pgnotify.queue")) {
			PgNotifyContext.runner(this.database)
				.withPropertyValues("spring.datasource.username=" + this.producer,
						"spring.datasource.password=" + this.producer, "pgnotify.flyway.enabled=false")
				.run((context) -> {
					PgNotifyOperations operations = context.getBean(PgNotifyOperations.class);
					assertThat(operations.enqueue("orders", Map.of("id", 1)).id()).isPositive();
					operations.convertAndSend("orders", "x".repeat(10_000));
					context.getBean(QueueConsumers.class).stored(Set.of(ORDERS));
					await().untilAsserted(() -> assertThat(wakeUps.receivedPayloads()).contains("orders"));
				});
		}
		assertThat(this.database.queryForString("SELECT count(*) FROM queue.delivery")).isEqualTo("1");
		assertThat(this.database.queryForString("SELECT count(*) FROM queue.live_payload")).isEqualTo("1");
	}

	@Test
	void aConsumerStartsGroupsConsumesRetriesBuriesReclaimsAndCleansUp() {
		this.database.execute("INSERT INTO queue.message (channel, data, key, created_at) "
				+ "SELECT 'orders', to_json(n), CASE n % 3 WHEN 0 THEN 'k' END, now() - interval '8 days' "
				+ "FROM generate_series(1, 9) AS n");
		this.database
			.execute("INSERT INTO queue.instance (name, heartbeat_at) VALUES ('dead', now() - interval '1 h')");
		Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
		QueueConsumers instance = consumers();
		for (AckMode ack : AckMode.values()) {
			instance.add(QueueHarness.consumer(ack.name(), ack, 1, 1, (messages) -> {
				String data = messages.get(0).data();
				attempts.computeIfAbsent(ack + data, (key) -> new AtomicInteger()).incrementAndGet();
				if (data.equals("1")) {
					throw new IllegalStateException("never");
				}
				if (data.equals("2")) {
					// Longer than it takes to show that one lives
					await().until(() -> this.database
						.queryForString(
								"SELECT max(heartbeat_at - started_at) > '500 ms' FROM queue.instance WHERE id > 1")
						.equals("t"));
				}
			}));
		}
		try {
			instance.start();
			await().untilAsserted(() -> assertThat(count("dead_letter")).isEqualTo(3));
			await().untilAsserted(() -> assertThat(count("delivery")).isZero());
			assertThat(attempts).hasSize(27);
			this.database.execute("INSERT INTO queue.message (channel, data, announce) VALUES ('orders', '99', false); "
					+ "UPDATE queue.delivery SET state = 'leased', owner = 1, leased_until = now() + interval '1 h'");
			await().untilAsserted(
					() -> assertThat(attempts).containsKeys("AT_LEAST_ONCE99", "TRANSACTIONAL99", "AT_MOST_ONCE99"));
			await().untilAsserted(() -> assertThat(count("delivery")).isZero());
		}
		finally {
			instance.stop();
		}
		// One more instance would have meant a connection given up for an error
		assertThat(this.database.queryForString("SELECT nextval('queue.instance_id_seq')")).isEqualTo("3");
		assertThat(new Retention(as(this.consumer).getDataSource()::getConnection, new SchemaName("queue"),
				QueueHarness.settings())
			.cleanUp()).isEqualTo(8);
		refused(as(this.consumer), "INSERT INTO queue.message (channel) VALUES ('orders')");
		refused(as(this.consumer), "UPDATE queue.message SET data = NULL");
	}

	@Test
	void aConsumerMayAdminister() {
		group("billing");
		this.database.execute("INSERT INTO queue.message (channel) VALUES ('orders'), ('orders')");
		bury();
		PgQueueAdmin admin = admin(this.consumer);
		admin.pause("orders", "billing");
		admin.resume("orders", "billing");
		assertThat(admin.redrive(1)).isTrue();
		assertThat(admin.discard(2)).isTrue();
		assertThat(admin.redriveAll("orders", "billing")).isZero();
		assertThat(admin.discardAll("orders", "billing")).isZero();
		assertThat(admin.blockedKeys("orders", "billing", 1)).isEmpty();
		assertThat(admin.remove("orders", "billing")).isTrue();
		assertThat(admin.groups()).isEmpty();
	}

	@Test
	void aMonitorSeesAllAndChangesNothing() {
		group("billing");
		this.database.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '1')");
		bury();
		PgQueueAdmin admin = admin(this.monitor);
		assertThat(admin.groups()).singleElement().satisfies((group) -> assertThat(group.deadLetters()).isOne());
		assertThat(admin.deadLetters("orders", "billing", 10)).hasSize(1);
		assertThat(admin.blockedKeys("orders", "billing", 10)).isEmpty();
		DeadLetter letter = admin.deadLetters("orders", "billing", 10).get(0);
		assertThat(admin.fetch("orders", letter.createdAt(), letter.diedAt(), "1", 10)).hasSize(1);
		refused(() -> admin.pause("orders", "billing"));
		refused(() -> admin.redrive(letter.id()));
		refused(() -> admin.discard(letter.id()));
		refused(() -> admin.remove("orders", "billing"));
	}

	@Test
	void aHostileProducerCannotBorrowTheOwnersRights() throws SQLException {
		allow(this.producer, PRODUCER.subList(0, 1));
		group("billing");
		this.database.execute("CREATE SCHEMA evil AUTHORIZATION " + this.producer);
		try (Connection connection = this.database.dataSource(this.producer).getConnection();
				Statement statement = connection.createStatement()) {
			for (String sql : HostileObjects.all()) {
				statement.execute(sql);
			}
			statement.execute("SET search_path = evil, pg_temp, pg_catalog");
			for (String isolation : List.of("READ COMMITTED", "REPEATABLE READ")) {
				connection.setAutoCommit(false);
				statement.execute("SET TRANSACTION ISOLATION LEVEL " + isolation);
				statement.execute("INSERT INTO queue.message (channel, data, available_at) "
						+ "VALUES ('orders', '1', pg_catalog.now() OPERATOR(pg_catalog.+) '1 h'), ('orders', '2', NULL)");
				connection.commit();
				connection.setAutoCommit(true);
			}
		}
		assertThat(count("delivery")).isEqualTo(4);
		assertThat(this.database.queryForString("SELECT count(*) FROM evil.trap")).isEqualTo("0");
	}

	@Test
	void theOwnersFunctionServesItsOwnTriggerOnly() {
		allow(this.producer, PRODUCER.subList(0, 1));
		this.database.execute("CREATE SCHEMA evil AUTHORIZATION " + this.producer);
		JdbcTemplate jdbc = as(this.producer);
		jdbc.execute("CREATE TABLE evil.message (id bigint, channel text, data json, announce boolean)");
		refused(jdbc, "CREATE TRIGGER t AFTER INSERT ON evil.message REFERENCING NEW TABLE AS inserted "
				+ "FOR EACH STATEMENT EXECUTE FUNCTION queue.message_inserted()");
		refused(jdbc, "SELECT queue.message_inserted()");
		assertThat(this.database.queryForString("SELECT string_agg(proname, ',') FROM pg_proc "
				+ "WHERE prosecdef AND pronamespace = 'queue'::regnamespace "
				+ "AND coalesce(array_to_string(proconfig, ','), '') NOT LIKE '%search_path=pg_catalog, pg_temp%'"))
			.isNull();
	}

	private QueueConsumers consumers() {
		DataSource dataSource = this.database.dataSource(this.consumer);
		WakeUpSource deaf = new WakeUpSource() {

			@Override
			public void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap) {
			}

			@Override
			public boolean isHearing() {
				return false;
			}

		};
		return new QueueConsumers(dataSource, dataSource::getConnection, "queue", QueueHarness.settings(),
				List.of(new JdbcTransactionManager(dataSource)), deaf, DaemonThreads.many("listener"));
	}

	private PgQueueAdmin admin(String role) {
		return new PgQueueAdmin(this.database.dataSource(role), "queue", (channels) -> {
		});
	}

	private JdbcTemplate as(String role) {
		return new JdbcTemplate(this.database.dataSource(role));
	}

	private void allow(String role, List<String> privileges) {
		this.database.execute("GRANT USAGE ON SCHEMA queue TO " + role);
		privileges.forEach((privilege) -> this.database.execute("GRANT " + privilege + " TO " + role));
	}

	private void group(String name) {
		this.database.execute("INSERT INTO queue.subscription (channel, group_name, start_at, state) "
				+ "VALUES ('orders', '" + name + "', 'latest', 'active')");
	}

	private void bury() {
		this.database.execute("WITH dead AS (DELETE FROM queue.delivery RETURNING *) INSERT INTO queue.dead_letter "
				+ "(message_id, subscription_id, reason, attempts, token) "
				+ "SELECT message_id, subscription_id, 'failed', 1, 1 FROM dead ORDER BY 1");
	}

	private long count(String table) {
		return Long.parseLong(String.valueOf(this.database.queryForString("SELECT count(*) FROM queue." + table)));
	}

	private static void refused(JdbcTemplate jdbc, String sql) {
		refused(() -> jdbc.execute(sql));
	}

	private static void refused(Runnable call) {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(call::run)
			.withStackTraceContaining("permission denied");
	}

	/**
	 * What would run with the owner's rights if the owner's function looked for a name
	 * where its caller can put one: each leaves a trace in a table, and fails.
	 */
	private static final class HostileObjects {

		private static final String BODY = " LANGUAGE plpgsql AS 'BEGIN INSERT INTO evil.trap VALUES (current_user); "
				+ "RAISE EXCEPTION ''hijacked as %'', current_user; END'";

		static List<String> all() {
			List<String> objects = new ArrayList<>();
			// Else the owner would pass over the schema
			objects.add("GRANT USAGE ON SCHEMA evil TO PUBLIC");
			objects.add("CREATE TABLE evil.trap (role text)");
			for (String function : List.of("pg_notify(text, text) RETURNS void",
					"clock_timestamp() RETURNS timestamptz", "current_setting(text) RETURNS text",
					"octet_length(text) RETURNS integer", "to_json(text) RETURNS json",
					"format(text, text, text) RETURNS text", "format(text, bigint, json) RETURNS text",
					"same(text, text) RETURNS boolean", "same(integer, integer) RETURNS boolean",
					"later(timestamptz, timestamptz) RETURNS boolean", "joined(text, text) RETURNS text")) {
				objects.add("CREATE FUNCTION evil." + function + BODY);
			}
			for (String type : List.of("text", "integer")) {
				for (String operator : List.of("=", "<>", "<=")) {
					objects.add("CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.same)"
						.formatted(operator, type, type));
				}
			}
			objects
				.add("CREATE OPERATOR evil.> (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = evil.later)");
			objects.add("CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.joined)");
			objects.add("CREATE FUNCTION evil.trap() RETURNS trigger" + BODY);
			for (String schema : List.of("evil", "pg_temp")) {
				for (String table : List.of("inserted", "message", "subscription", "delivery", "subscription_change")) {
					objects
						.add("CREATE TABLE %s.%s (id bigint, channel text, announce boolean)".formatted(schema, table));
					objects.add("CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON %s.%s FOR EACH STATEMENT "
						.formatted(schema, table) + "EXECUTE FUNCTION evil.trap()");
				}
			}
			return objects;
		}

	}

}
