package io.github.pgnotify.gateway;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Stored messages: sent at once, and again from where a client was.
 */
class StoredChannelIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private static GatewayServer server;

	@BeforeAll
	static void start() {
		server = GatewayServer.start(database,
				GatewayServer.open("stored", "orders", "news", "log", "long", "storm", "twin-a", "twin-b", "again",
						"--pgnotify.gateway.ping-interval=300ms", "--pgnotify.queue.poll-interval=500ms"));
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void whatIsStoredIsSentHoweverItWasStored() throws Exception {
		PgNotifyTemplate template = server.bean(PgNotifyTemplate.class);
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/orders?format=json"));
				WebSocketClient raw = WebSocketClient.connect(server.webSocket("/subscribe/orders"))) {
			client.events().await(1);
			template.enqueue("orders", List.of(1, 2));
			template.enqueue("orders", "text");
			database.execute("insert into queue.message (channel, data) values ('orders', '{\"id\": 1}')");
			database.execute("insert into queue.message (channel, data, announce) values ('orders', null, false)");
			assertThat(raw.frames().await(4)).containsExactly("[1,2]", "text", "{\"id\": 1}", "");
			List<JsonNode> all = client.events()
				.await(5)
				.subList(1, 5)
				.stream()
				.map((event) -> JsonMapper.shared().readTree(event.data()))
				.toList();
			assertThat(all).extracting((json) -> json.path("data").toString())
				.containsExactly("[1,2]", "\"text\"", "{\"id\":1}", "null");
			assertThat(all).allSatisfy((json) -> {
				assertThat(json.path("id").asString()).matches("\\d+");
				assertThat(json.path("time").asString()).startsWith("20").endsWith("Z");
				assertThat(json.path("cursor").asString()).isNotEmpty();
			});
		}
	}

	@Test
	void aClientThatComesBackIsSentWhatItMissedAndNothingTwice() throws Exception {
		String cursor;
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/news"))) {
			client.events().await(1);
			store("news", "1", "2");
			await().until(() -> client.messages().size() == 2);
			cursor = client.lastId();
		}
		store("news", "3", "4");
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/news"), "Last-Event-ID",
				cursor)) {
			await().until(() -> client.messages().size() == 2);
			store("news", "5");
			await().until(() -> client.messages().size() == 3);
			assertThat(client.messages()).containsExactly("3", "4", "5");
			cursor = client.lastId();
		}
		try (WebSocketClient client = WebSocketClient
			.connect(server.webSocket("/subscribe/news?format=json&after=" + cursor))) {
			store("news", "6");
			assertThat(client.frames().await(2).get(1)).contains("\"data\":\"6\"");
		}
	}

	@Test
	void allThatIsKeptCanBeHad() {
		store("log", IntStream.rangeClosed(1, 1234).mapToObj(Integer::toString).toArray(String[]::new));
		try (WebSocketClient client = WebSocketClient.connect(server.webSocket("/subscribe/log?after=earliest"))) {
			assertThat(client.frames().await(1234))
				.isEqualTo(IntStream.rangeClosed(1, 1234).mapToObj(Integer::toString).toList());
			store("log", "next");
			assertThat(client.frames().await(1235)).last().isEqualTo("next");
		}
	}

	@Test
	void moreThanTheBufferHoldsIsReplayedAsFastAsItIsRead() {
		String hundredKilobytes = "x".repeat(100_000);
		store("long", IntStream.range(0, 30).mapToObj((i) -> i + hundredKilobytes).toArray(String[]::new));
		store("long", "y".repeat(1_000_000));
		try (WebSocketClient client = WebSocketClient.connect(server.webSocket("/subscribe/long?after=earliest"))) {
			assertThat(client.frames().await(31)).extracting(String::length).last().isEqualTo(1_000_000);
		}
	}

	@Test
	void twoChannelsOfOneClientAreReplayedBoth() {
		String hundredKilobytes = "x".repeat(100_000);
		store("twin-a", IntStream.range(0, 12).mapToObj((i) -> i + hundredKilobytes).toArray(String[]::new));
		store("twin-b", IntStream.range(0, 12).mapToObj((i) -> i + hundredKilobytes).toArray(String[]::new));
		try (WebSocketClient client = WebSocketClient.connect(server.webSocket("/subscribe?channel=&format=json"))) {
			client.send("{\"type\":\"subscribe\",\"channel\":\"twin-a\",\"after\":\"earliest\"}");
			client.send("{\"type\":\"subscribe\",\"channel\":\"twin-b\",\"after\":\"earliest\"}");
			await().until(() -> messages(client, "twin-a").size() >= 12 && messages(client, "twin-b").size() >= 12);
			store("twin-a", "last");
			await().until(() -> messages(client, "twin-a").size() >= 13);
			assertThat(messages(client, "twin-a")).doesNotHaveDuplicates().hasSize(13);
			assertThat(messages(client, "twin-b")).doesNotHaveDuplicates().hasSize(12);
		}
	}

	@Test
	void aReplayEndsWithItsSubscription() {
		String hundredKilobytes = "x".repeat(100_000);
		store("again", IntStream.range(0, 20).mapToObj((i) -> i + hundredKilobytes).toArray(String[]::new));
		String subscribe = "{\"type\":\"subscribe\",\"channel\":\"again\",\"after\":\"earliest\"}";
		try (WebSocketClient client = WebSocketClient.connect(server.webSocket("/subscribe?channel=&format=json"))) {
			for (int i = 0; i < 5; i++) {
				client.send(subscribe);
				client.send("{\"type\":\"unsubscribe\",\"channel\":\"again\"}");
			}
			client.send(subscribe);
			await().until(() -> sinceSubscribed(client).size() >= 20);
			store("again", "last");
			await().until(() -> sinceSubscribed(client).stream().anyMatch((frame) -> frame.contains("last")));
			assertThat(sinceSubscribed(client)).hasSize(21);
		}
	}

	/**
	 * Ids of the messages of a channel.
	 */
	private static List<String> messages(WebSocketClient client, String channel) {
		return client.frames()
			.received()
			.stream()
			.filter((frame) -> frame.startsWith("{\"type\":\"message\"")
					&& frame.contains("\"channel\":\"" + channel + "\""))
			.map((frame) -> frame.substring(0, frame.indexOf("\"channel\"")))
			.toList();
	}

	/**
	 * Messages after the last end of a subscription.
	 */
	private static List<String> sinceSubscribed(WebSocketClient client) {
		List<String> frames = client.frames().received();
		int from = (int) (frames.stream().filter((frame) -> frame.contains("\"unsubscribed\"")).count());
		if (from < 5) {
			return List.of();
		}
		int last = IntStream.range(0, frames.size())
			.filter((i) -> frames.get(i).contains("\"unsubscribed\""))
			.max()
			.orElse(0);
		return frames.subList(last, frames.size())
			.stream()
			.filter((frame) -> frame.startsWith("{\"type\":\"message\""))
			.toList();
	}

	@Test
	void whatCannotBeResumedIsAGap() throws Exception {
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/orders"), "Last-Event-ID",
				"0badc0de.zzzzzz.1-0")) {
			assertThat(client.events().await(2)).extracting(EventStreamClient.Event::name)
				.containsExactly("subscribed", "gap");
			assertThat(client.events().received().get(1).data()).contains("UNKNOWN_CURSOR");
		}
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/orders"), "Last-Event-ID",
				"live")) {
			assertThat(client.events().await(2).get(1).name()).isEqualTo("gap");
		}
		String cursor;
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/orders"))) {
			client.events().await(1);
			cursor = client.lastId();
		}
		String[] parts = cursor.split("\\.");
		String old = parts[0] + "." + Long.toString(Long.parseLong(parts[1], 36) - Duration.ofDays(8).toSeconds(), 36)
				+ "." + parts[2];
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/orders"), "Last-Event-ID",
				old)) {
			assertThat(client.events().await(2).get(1).data()).contains("EXPIRED");
		}
	}

	@Test
	void anOrdinaryRoleMayReadAllThatItTakes() throws Exception {
		try (TestDatabase own = new TestDatabase()) {
			String role = own.createRole("application");
			own.execute("grant create on database " + own.name() + " to " + role);
			try (GatewayServer other = GatewayServer.start(own,
					GatewayServer.open("stored", "orders", "--spring.datasource.username=" + role,
							"--spring.datasource.password=" + role));
					WebSocketClient client = WebSocketClient.connect(other.webSocket("/subscribe/orders"))) {
				other.bean(PgNotifyTemplate.class).enqueue("orders", "heard");
				assertThat(client.frames().await(1)).containsExactly("heard");
			}
		}
	}

	@Test
	void aClientThatHearsNothingIsToldWhereItIs() throws Exception {
		try (EventStreamClient client = EventStreamClient.connect(server.http("/subscribe/orders?format=json"))) {
			client.events().await(1);
			String first = client.lastId();
			database.execute("select pg_current_xact_id()");
			await().until(() -> !client.lastId().equals(first));
		}
	}

	/**
	 * Transactions commit in any order, one of another program stays open all the while,
	 * and the client is cut again and again.
	 */
	@Test
	void nothingIsLostOrTwiceWhateverTheOrderOfCommits() throws Exception {
		long millis = Figures.count(6_000, 60_000);
		AtomicBoolean storing = new AtomicBoolean(true);
		AtomicLong stored = new AtomicLong();
		Random random = new Random(1);
		List<String> received = new ArrayList<>();
		int reconnects = 0;
		try (Connection foreign = database.dataSource().getConnection()) {
			foreign.setAutoCommit(false);
			execute(foreign, "select pg_current_xact_id()");
			List<Thread> producers = IntStream.range(0, 4).mapToObj((i) -> producer(i, storing, stored)).toList();
			long end = System.nanoTime() + millis * 1_000_000;
			String cursor = null;
			while (storing.get()) {
				String[] headers = (cursor != null) ? new String[] { "Last-Event-ID", cursor } : new String[0];
				try (EventStreamClient client = EventStreamClient
					.connect(server.http("/subscribe/storm" + ((cursor != null) ? "" : "?after=earliest")), headers)) {
					int enough = random.nextInt(200);
					await().until(() -> client.messages().size() >= enough || System.nanoTime() > end);
					if (System.nanoTime() > end) {
						storing.set(false);
						for (Thread producer : producers) {
							producer.join();
						}
						int before = received.size();
						await().atMost(Duration.ofSeconds(60))
							.until(() -> before + client.messages().size() >= stored.get());
					}
					client.cut();
					client.awaitEnd();
					received.addAll(client.messages());
					assertThat(client.events().received()).extracting(EventStreamClient.Event::name)
						.doesNotContain("gap");
					cursor = client.lastId();
					reconnects++;
				}
			}
			foreign.rollback();
		}
		Set<String> distinct = new TreeSet<>(received);
		Figures.print("stored resume under an open transaction of " + millis + " ms",
				stored.get() + " messages, " + reconnects + " connections, " + (stored.get() - distinct.size())
						+ " lost, " + (received.size() - distinct.size()) + " twice");
		assertThat(received).doesNotHaveDuplicates().hasSize((int) stored.get());
		for (int producer = 0; producer < 4; producer++) {
			String prefix = producer + "-";
			List<Integer> own = received.stream()
				.filter((text) -> text.startsWith(prefix))
				.map((text) -> Integer.valueOf(text.substring(prefix.length())))
				.toList();
			assertThat(own).isSorted();
		}
	}

	private static Thread producer(int number, AtomicBoolean storing, AtomicLong stored) {
		Thread thread = new Thread(() -> {
			Random random = new Random(number);
			int next = 0;
			try (Connection connection = database.dataSource().getConnection()) {
				connection.setAutoCommit(false);
				while (storing.get()) {
					int count = 1 + random.nextInt(3);
					for (int i = 0; i < count; i++) {
						execute(connection, "insert into queue.message (channel, data) values ('storm', '\"" + number
								+ "-" + next++ + "\"')");
						execute(connection, "select pg_sleep(" + random.nextDouble() / 100 + ")");
					}
					connection.commit();
					stored.addAndGet(count);
				}
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		});
		thread.start();
		return thread;
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static void store(String channel, String... texts) {
		server.bean(PgNotifyTemplate.class).enqueueAll(channel, List.of(texts));
	}

}
