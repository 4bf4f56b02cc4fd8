package io.github.pgnotify.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the predecessors' documentation sends arrives as typed objects.
 */
@SampleTest
class PredecessorInputsIntegrationTests {

	@Autowired
	private Arrivals arrivals;

	@Autowired
	private JdbcTemplate jdbcTemplate;

	@LocalServerPort
	private int port;

	private Connection otherProgram;

	@BeforeEach
	void connectAsAnotherProgram(@Autowired JdbcConnectionDetails database) throws Exception {
		this.otherProgram = DriverManager.getConnection(database.getJdbcUrl(), database.getUsername(),
				database.getPassword());
	}

	@AfterEach
	void disconnect() throws Exception {
		this.otherProgram.close();
	}

	@Test
	void pgnotifierTextArrivesAsString() throws Exception {
		execute("select pg_notify('my_app_name', '\"WARNING: Something really bad happened\"')");
		awaitArrival("my_app_name", "log", "\"WARNING: Something really bad happened\"");
	}

	@Test
	void pgnotifierObjectArrivesAsMap() throws Exception {
		execute("select pg_notify('ch1', '{\"topic\": \"abc\", \"data\": \"some data\", \"something\": \"else\"}')");
		awaitArrival("ch1", "42", Map.of("topic", "abc", "data", "some data", "something", "else"));
	}

	@Test
	void pgnotifierObjectArrivesAsRecordAtBothSubscribers() throws Exception {
		execute("select pg_notify('ch2', '{\"topic\": \"xyz\", \"notice\": \"update\", \"data\": [2, \"stuff\"]}')");
		Notice notice = new Notice("xyz", "update", List.of(2, "stuff"));
		awaitArrival("ch2", "an_id", notice);
		awaitArrival("ch2", "another_id", notice);
	}

	@Test
	void pgnotifierArrayArrivesAsListOfIntegers() throws Exception {
		execute("select pg_notify('ch3', '[1,2,3,4,5]')");
		awaitArrival("ch3", "numbers", List.of(1, 2, 3, 4, 5));
	}

	@Test
	void goPgPubsubNotesArriveAsStringsInTheirOrder() throws Exception {
		execute("notify foo, 'note 1 to foo subscribers'");
		execute("notify bar, 'note 2 to bar subscribers'");
		execute("notify bar, 'note 3 to bar subscribers'");
		execute("notify foo, 'note 4 to foo subscribers'");
		awaitArrival("foo", "notes", "note 4 to foo subscribers");
		assertThat(this.arrivals.latest()).filteredOn(Arrival::listener, "notes")
			.extracting(Arrival::payload)
			.containsExactly("note 1 to foo subscribers", "note 2 to bar subscribers", "note 3 to bar subscribers",
					"note 4 to foo subscribers");
	}

	@Test
	void treetrackerMessageIsStoredAndArrivesAsString() throws Exception {
		JsonNode stored = postAsCurlDoes("/enqueue/my_channel", "Hello, PostgreSQL!");
		assertThat(stored.get("channel").asString()).isEqualTo("my_channel");
		assertThat(stored.get("heard").asBoolean()).isTrue();
		assertThat(this.jdbcTemplate.queryForMap(
				"select channel, data #>> '{}' as text, created_at = ?::timestamptz as created "
						+ "from queue.message where id = ?",
				stored.get("createdAt").asString(), stored.get("id").asLong()))
			.isEqualTo(Map.of("channel", "my_channel", "text", "Hello, PostgreSQL!", "created", true));
		await().atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.arrivals.latest()).filteredOn(Arrival::channel, "my_channel")
				.extracting(Arrival::payload)
				.containsExactly("Hello, PostgreSQL!"));
	}

	@Test
	void storedObjectArrivesAsRecord() throws Exception {
		postAsCurlDoes("/enqueue/ch2", "{\"topic\": \"stored\", \"notice\": \"insert\", \"data\": []}");
		Notice notice = new Notice("stored", "insert", List.of());
		await().atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.arrivals.latest()).filteredOn(Arrival::payload, notice)
				.extracting(Arrival::listener)
				.containsExactlyInAnyOrder("an_id", "another_id"));
	}

	private void execute(String sql) throws Exception {
		try (Statement statement = this.otherProgram.createStatement()) {
			statement.execute(sql);
		}
	}

	private void awaitArrival(String channel, String listener, Object payload) throws Exception {
		int senderPid = this.otherProgram.unwrap(PGConnection.class).getBackendPID();
		await().atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.arrivals.latest()).anySatisfy((arrival) -> {
				assertThat(arrival.channel()).isEqualTo(channel);
				assertThat(arrival.listener()).isEqualTo(listener);
				assertThat(arrival.payload()).isEqualTo(payload);
				assertThat(arrival.senderPid()).isEqualTo(senderPid);
			}));
	}

	private JsonNode postAsCurlDoes(String path, String body) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path))
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(body))
			.build();
		HttpResponse<String> response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
		assertThat(response.statusCode()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body());
	}

}
