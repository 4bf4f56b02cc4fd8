package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.Seed;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Instances of the previous version go on beside a new one that has just changed the
 * schema: with their statements, on the connections they have, under load.
 */
class SchemaUpgradeIntegrationTests {

	/** As version 2 of the schema knew it. */
	private static final String OLD_INSERT = """
			INSERT INTO queue.message (channel, data, announce)
			VALUES (?, ?::json, ?)
			RETURNING id, created_at
			""";

	private static final String OLD_FIND = "SELECT data::text FROM queue.message WHERE id = ? AND channel = ?";

	private static final String OLD_PAYLOAD = "INSERT INTO queue.live_payload (channel, payload) VALUES (?, ?) RETURNING id";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final Map<Long, Boolean> committed = new ConcurrentHashMap<>();

	private final Queue<Exception> errors = new ConcurrentLinkedQueue<>();

	private final Queue<PGNotification> heard = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean stopped = new AtomicBoolean();

	@RepeatedTest(3)
	void producersAndLiveListenersOfThePreviousVersionNoticeNothing() throws Exception {
		migrateTo2();
		String producer = this.database.createRole("producer");
		this.database
			.execute("GRANT USAGE ON SCHEMA queue TO \"%1$s\"; GRANT INSERT, SELECT ON queue.message TO \"%1$s\"; "
				.formatted(producer) + "GRANT INSERT, SELECT ON queue.live_payload TO \"" + producer + "\"");
		List<Thread> threads = new ArrayList<>();
		threads.add(start(this::listen));
		for (int i = 0; i < 4; i++) {
			int writer = i;
			threads.add(start(() -> produce(this.database.dataSource(producer), writer)));
		}
		awaitMore(200);
		long begin = System.nanoTime();
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		Figures.print("version 2 -> " + QueueSchema.VERSION + " under load",
				Duration.ofNanos(System.nanoTime() - begin));
		assertThat(this.database.queryForString("SELECT obj_description('queue.message'::regclass)"))
			.endsWith(" " + QueueSchema.VERSION);
		awaitMore(200);
		Queue<Long> handled = new ConcurrentLinkedQueue<>();
		try (QueueHarness queue = new QueueHarness(this.database)) {
			queue.start("billing", (messages) -> handled.add(messages.get(0).delivery().messageId()));
			awaitMore(200);
			patiently().until(() -> this.heard.size() >= announced().size());
			this.stopped.set(true);
			for (Thread thread : threads) {
				thread.join(60_000);
			}
			patiently().until(() -> queue.count("delivery") == 0);
		}
		Figures.print("stored by the previous version", this.committed.size() + ", announced " + this.heard.size());
		assertThat(this.errors).isEmpty();
		assertThat(new TreeSet<>(handled)).isEqualTo(new TreeSet<>(this.committed.keySet()));
		assertThat(handled).doesNotHaveDuplicates();
		assertThat(this.heard.stream().map(this::id).toList()).doesNotHaveDuplicates()
			.containsExactlyInAnyOrderElementsOf(announced());
	}

	@Test
	void whoStoresDoesNotWaitInLineBehindAMigrationThatWaitsForATransaction() throws Exception {
		migrateTo2();
		QueueSchema schema = new QueueSchema(this.database.dataSource(), "queue", Duration.ofMillis(300),
				Duration.ofMinutes(5));
		CompletableFuture<Void> migration;
		try (Connection reader = readingInATransaction()) {
			migration = CompletableFuture.runAsync(schema::migrate);
			patiently().until(() -> this.database
				.queryForString(
						"SELECT count(*)::text FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'")
				.equals("1"));
			for (int i = 0; i < 5; i++) {
				this.database.execute("INSERT INTO queue.message (channel, data) VALUES ('orders', '1')");
			}
			assertThat(migration).isNotDone();
			reader.rollback();
		}
		migration.get(2, TimeUnit.MINUTES);
		assertThat(this.database.queryForString("SELECT obj_description('queue.message'::regclass)")).endsWith("3");
		assertThat(this.database.queryForString("SELECT count(*)::text FROM queue.message")).isEqualTo("5");
	}

	@Test
	void aTransactionThatDoesNotEndIsNamedAsTheReason() throws Exception {
		migrateTo2();
		try (Connection reader = readingInATransaction()) {
			QueueSchema schema = new QueueSchema(this.database.dataSource(), "queue", Duration.ofMillis(50),
					Duration.ofMillis(200));
			assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(schema::migrate)
				.withMessageContaining("transactions keep its tables in use")
				.satisfies((ex) -> {
					String query = ex.getAction().substring(ex.getAction().indexOf("SELECT"));
					assertThat(this.database.jdbc().queryForList(query)).isNotEmpty();
				});
			assertThat(this.database.queryForString("SELECT obj_description('queue.message'::regclass)")).endsWith("2");
			reader.rollback();
		}
	}

	private Connection readingInATransaction() throws SQLException {
		Connection reader = this.database.dataSource().getConnection();
		reader.setAutoCommit(false);
		try (Statement statement = reader.createStatement()) {
			statement.execute("SELECT count(*) FROM queue.message");
		}
		return reader;
	}

	private Set<Long> announced() {
		Set<Long> announced = new TreeSet<>();
		this.committed.forEach((id, announce) -> {
			if (announce) {
				announced.add(id);
			}
		});
		return announced;
	}

	private long id(PGNotification notification) {
		JsonNode announcement = JsonMapper.shared().readTree(notification.getParameter());
		assertThat(announcement.propertyNames()).containsExactly("pgnotify", "id", "channel", "data", "created_at",
				"updated_at");
		assertThat(announcement.get("created_at").asString()).matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+\\+00:00");
		return announcement.get("id").asLong();
	}

	/**
	 * As {@link QueueSchema} did when 2 was its newest version.
	 */
	private void migrateTo2() {
		Flyway.configure()
			.dataSource(this.database.dataSource())
			.schemas("queue")
			.defaultSchema("queue")
			.table(QueueSchema.HISTORY_TABLE)
			.locations(QueueSchema.LOCATION)
			.placeholders(Map.of("schema", "\"queue\""))
			.target("2")
			.load()
			.migrate();
	}

	private Thread start(Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			}
			catch (Exception ex) {
				this.errors.add(ex);
			}
		});
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	/**
	 * On one connection from beginning to end, so that its statements are prepared.
	 */
	private void produce(DataSource dataSource, int writer) throws SQLException {
		java.util.Random random = Seed.random("writer " + writer);
		try (Connection connection = dataSource.getConnection();
				PreparedStatement insert = connection.prepareStatement(OLD_INSERT);
				PreparedStatement find = connection.prepareStatement(OLD_FIND);
				PreparedStatement payload = connection.prepareStatement(OLD_PAYLOAD)) {
			connection.setAutoCommit(false);
			for (int i = 0; !this.stopped.get(); i++) {
				boolean announce = random.nextBoolean();
				List<Long> ids = new ArrayList<>();
				for (int j = random.nextInt(3); j >= 0; j--) {
					ids.add(insert(insert, writer + "." + i, announce));
				}
				find.setLong(1, ids.get(0));
				find.setString(2, "orders");
				try (ResultSet row = find.executeQuery()) {
					row.next();
				}
				payload.setString(1, "orders");
				payload.setString(2, "text");
				payload.executeQuery().close();
				connection.commit();
				ids.forEach((id) -> this.committed.put(id, announce));
				LockSupport.parkNanos(Duration.ofMillis(random.nextInt(5)).toNanos());
			}
		}
	}

	private static long insert(PreparedStatement statement, String data, boolean announce) throws SQLException {
		statement.setString(1, "orders");
		statement.setString(2, data);
		statement.setBoolean(3, announce);
		try (ResultSet row = statement.executeQuery()) {
			row.next();
			return row.getLong(1);
		}
	}

	private void listen() throws SQLException {
		try (Connection connection = this.database.dataSource().getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("LISTEN orders");
			PGConnection notifications = connection.unwrap(PGConnection.class);
			for (long last = System.nanoTime(); !this.stopped.get() || System.nanoTime() - last < 2e9;) {
				for (PGNotification notification : notifications.getNotifications(100)) {
					this.heard.add(notification);
					last = System.nanoTime();
				}
			}
		}
	}

	private void awaitMore(int messages) {
		int before = this.committed.size();
		patiently().until(() -> this.committed.size() >= before + messages || !this.errors.isEmpty());
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	@FunctionalInterface
	private interface Work {

		void run() throws Exception;

	}

}
