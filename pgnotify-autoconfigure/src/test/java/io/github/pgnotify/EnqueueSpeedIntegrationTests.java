package io.github.pgnotify;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What storing through the template costs, beside the same statements written by hand.
 */
class EnqueueSpeedIntegrationTests {

	private static final int BATCH = 1000;

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private static HikariDataSource pool;

	private static QueuePublisher publisher;

	@BeforeAll
	static void open() {
		QueuePublisher.of(database).addGroup("orders", "billing");
		pool = new HikariDataSource();
		pool.setJdbcUrl(database.jdbcUrl());
		pool.setUsername(database.username());
		pool.setPassword(database.password());
		publisher = new QueuePublisher(pool);
	}

	@AfterAll
	static void close() {
		pool.close();
	}

	@Test
	void batchesCostWhatTheyCostByHand() throws SQLException {
		List<Order> orders = IntStream.range(0, BATCH).mapToObj((i) -> new Order(i, "x".repeat(80))).toList();
		compare("enqueueAll of 1,000", Figures.count(6, 300),
				() -> insertByHand(orders.stream().map(JsonMapper.shared()::writeValueAsString).toArray(String[]::new)),

				() -> publisher.template.enqueueAll("orders", orders));
	}

	@Test
	void singleMessagesCostWhatTheyCostByHand() throws SQLException {
		Order order = new Order(1, "x".repeat(80));
		compare("enqueue", Figures.count(6, 100), () -> {
			for (int i = 0; i < 300; i++) {
				insertByHand(JsonMapper.shared().writeValueAsString(order));
			}
		}, () -> {
			for (int i = 0; i < 300; i++) {
				publisher.template.enqueue("orders", order);
			}
		});
	}

	@Test
	void optionsAndDeduplicationInBatches() throws SQLException {
		List<OutgoingMessage> plain = IntStream.range(0, BATCH)
			.mapToObj((i) -> OutgoingMessage.of("orders", new Order(i, "x".repeat(80))))
			.toList();
		List<OutgoingMessage> options = plain.stream().map((message) -> message.key("k").header("h", "v")).toList();
		compare("enqueueAll of 1,000 with key and header, beside without", Figures.count(6, 40),
				() -> publisher.template.enqueueAll(plain), () -> publisher.template.enqueueAll(options));
		int[] round = new int[1];
		compare("enqueueAll of 1,000 with deduplication id, beside without", Figures.count(6, 40),
				() -> publisher.template.enqueueAll(plain), () -> {
					int number = round[0]++;
					publisher.template.enqueueAll(IntStream.range(0, BATCH)
						.mapToObj((i) -> plain.get(i).deduplicationId(number + "/" + i))
						.toList());
				});
	}

	/**
	 * By turns, so that whatever else the machine does befalls both; of each the median.
	 */
	private static void compare(String name, int rounds, Work byHand, Work ours) throws SQLException {
		List<Long> handTimes = new ArrayList<>();
		List<Long> ourTimes = new ArrayList<>();
		for (int i = 0; i < rounds + 3; i++) {
			handTimes.add(time(byHand));
			ourTimes.add(time(ours));
			if (i % 5 == 4) {
				database.execute("TRUNCATE queue.delivery");
			}
		}
		long hand = median(handTimes.subList(3, handTimes.size()));
		long our = median(ourTimes.subList(3, ourTimes.size()));
		Figures.print(name,
				"%.2f ms, the other %.2f ms: %.2f of its speed".formatted(our / 1e6, hand / 1e6, (double) hand / our));
		assertThat(our).isLessThan(5 * hand + 100_000_000L);
	}

	private static long time(Work work) throws SQLException {
		long begin = System.nanoTime();
		work.run();
		return System.nanoTime() - begin;
	}

	private static long median(List<Long> times) {
		return times.stream().sorted().toList().get(times.size() / 2);
	}

	private static void insertByHand(String... texts) throws SQLException {
		if (texts.length == 1) {
			insertOne(texts[0]);
			return;
		}
		try (Connection connection = pool.getConnection();
				PreparedStatement statement = connection
					.prepareStatement("INSERT INTO queue.message (channel, data, announce) "
							+ "SELECT ?, data::json, false FROM unnest(?) AS data RETURNING id")) {
			Array array = connection.createArrayOf("text", texts);
			statement.setString(1, "orders");
			statement.setArray(2, array);
			try (ResultSet rows = statement.executeQuery()) {
				List<Long> ids = new ArrayList<>();
				while (rows.next()) {
					ids.add(rows.getLong(1));
				}
				assertThat(ids).hasSameSizeAs(texts);
			}
		}
	}

	private static void insertOne(String text) throws SQLException {
		try (Connection connection = pool.getConnection();
				PreparedStatement statement = connection.prepareStatement(
						"INSERT INTO queue.message (channel, data, announce) VALUES (?, ?::json, false) RETURNING id")) {
			statement.setString(1, "orders");
			statement.setString(2, text);
			try (ResultSet row = statement.executeQuery()) {
				assertThat(row.next()).isTrue();
			}
		}
	}

	record Order(int id, String item) {

	}

	@FunctionalInterface
	private interface Work {

		void run() throws SQLException;

	}

}
