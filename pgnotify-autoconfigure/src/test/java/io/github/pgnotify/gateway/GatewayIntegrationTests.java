package io.github.pgnotify.gateway;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;

import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * The predecessor's session, and what breaks the predecessor.
 */
class GatewayIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private static GatewayServer server;

	@BeforeAll
	static void start() {
		server = GatewayServer.start(database,
				GatewayServer.open("live", "foo", "bar", "späti/€ \"x\"", "--pgnotify.gateway.ping-interval=200ms"));
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void thePredecessorsSessionRunsAsWritten() {
		try (WebSocketClient first = WebSocketClient.connect(server.webSocket("/subscribe/foo"));
				WebSocketClient second = WebSocketClient.connect(server.webSocket("/subscribe/bar"));
				WebSocketClient third = WebSocketClient.connect(server.webSocket("/subscribe/bar"))) {
			database.execute("notify foo, 'note 1 to foo subscribers'");
			database.execute("notify bar, 'note 2 to bar subscribers'");
			database.execute("notify bar, 'note 3 to bar subscribers'");
			database.execute("notify foo, 'note 4 to foo subscribers'");
			assertThat(first.frames().await(2)).containsExactly("note 1 to foo subscribers",
					"note 4 to foo subscribers");
			assertThat(second.frames().await(2)).containsExactly("note 2 to bar subscribers",
					"note 3 to bar subscribers");
			assertThat(third.frames().await(2)).containsExactly("note 2 to bar subscribers",
					"note 3 to bar subscribers");
		}
	}

	@Test
	void threeOfFourClientsAreKilledAndTheFourthGetsEverything() {
		List<WebSocketClient> clients = List.of(connect("foo"), connect("foo"), connect("foo"), connect("foo"));
		database.execute("notify foo, '1'");
		clients.forEach((client) -> client.frames().await(1));
		clients.subList(0, 3).forEach(WebSocketClient::kill);
		for (int i = 2; i <= 50; i++) {
			database.execute("notify foo, '" + i + "'");
		}
		try (WebSocketClient fourth = clients.get(3)) {
			assertThat(fourth.frames().await(50)).last().isEqualTo("50");
			await().until(() -> server.gateway().connections().size() == 1);
		}
	}

	@Test
	void clientsStayWhenTheBackendIsKilledAndTheNextMessageArrives() {
		PgListenerRegistry registry = server.bean(PgListenerRegistry.class);
		try (WebSocketClient raw = connect("foo");
				WebSocketClient envelopes = WebSocketClient.connect(server.webSocket("/subscribe/foo?format=json"))) {
			envelopes.frames().await(1);
			Integer pid = registry.status().backendPid();
			database.execute("select pg_terminate_backend(" + pid + ")");
			await().until(() -> registry.status().isLive() && !pid.equals(registry.status().backendPid()));
			database.execute("notify foo, 'after'");
			assertThat(raw.frames().await(1)).containsExactly("after");
			List<String> all = envelopes.frames().await(3);
			assertThat(all.get(0)).isEqualTo("{\"type\":\"subscribed\",\"channel\":\"foo\",\"cursor\":\"live\"}");
			assertThat(all.get(1)).startsWith("{\"type\":\"gap\",\"channel\":\"foo\",\"cause\":\"CONNECTION_LOST\",");
			assertThat(all.get(2)).contains("\"channel\":\"foo\",\"data\":\"after\",");
		}
	}

	@Test
	void nobodyIsToldThatItHearsWhileTheDatabaseIsAway() {
		try (TestDatabase own = new TestDatabase();
				GatewayServer other = GatewayServer.start(own,
						GatewayServer.open("live", "foo", "--pgnotify.gateway.subscribe-timeout=300ms"));
				WebSocketClient first = WebSocketClient.connect(other.webSocket("/subscribe/foo"))) {
			PgListenerRegistry registry = other.bean(PgListenerRegistry.class);
			database.execute("alter database " + own.name() + " with allow_connections false");
			database.execute("select pg_terminate_backend(" + registry.status().backendPid() + ")");
			await().until(() -> !registry.status().isListening());
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> WebSocketClient.connect(other.webSocket("/subscribe/foo")).close());
			try (WebSocketClient envelopes = WebSocketClient.connect(other.webSocket("/subscribe/foo?format=json"))) {
				assertThat(envelopes.frames().received()).isEmpty();
				database.execute("alter database " + own.name() + " with allow_connections true");
				assertThat(envelopes.frames().await(1).get(0)).contains("\"subscribed\"");
				own.execute("notify foo, 'back'");
				assertThat(first.frames().await(1)).containsExactly("back");
			}
		}
	}

	@Test
	void channelsAreListenedOnAsLongAsSomebodyWantsThem() {
		PgListenerRegistry registry = server.bean(PgListenerRegistry.class);
		await().until(() -> registry.channels().isEmpty());
		try (WebSocketClient one = connect("bar"); WebSocketClient other = connect("bar")) {
			assertThat(registry.channels()).extracting(Object::toString).containsExactly("bar");
			one.kill();
			await().until(() -> server.gateway().connections().size() == 1);
			assertThat(registry.channels()).hasSize(1);
			other.kill();
			await().until(() -> registry.channels().isEmpty());
		}
	}

	@Test
	void anEventStreamCarriesTheSame() throws Exception {
		try (EventStreamClient raw = EventStreamClient.connect(server.http("/subscribe/foo"));
				EventStreamClient envelopes = EventStreamClient.connect(server.http("/subscribe/foo?format=json"))) {
			assertThat(raw.response().headers().firstValue("Cache-Control")).hasValue("no-store");
			assertThat(raw.response().headers().firstValue("Content-Type")).hasValue("text/event-stream;charset=UTF-8");
			raw.events().await(1);
			envelopes.events().await(1);
			database.execute("notify foo, E'two\\r\\nlines\\rand: a third'");
			assertThat(raw.events().await(2).get(1).data()).isEqualTo("two\nlines\nand: a third");
			assertThat(envelopes.events().await(2).get(1).data())
				.contains("\"channel\":\"foo\",\"data\":\"two\\r\\nlines\\rand: a third\",");
		}
		await().until(() -> {
			database.execute("notify foo");
			return server.gateway().connections().isEmpty();
		});
	}

	@Test
	void anEnvelopeHasIdChannelDataAndTime() {
		PgNotifyTemplate template = server.bean(PgNotifyTemplate.class);
		try (WebSocketClient client = WebSocketClient
			.begin(server.webSocket("/subscribe/foo"), List.of("pgnotify.json"))
			.join()) {
			client.frames().await(1);
			template.convertAndSend("foo", Map.of("id", 1));
			template.convertAndSend("foo", "12");
			template.enqueue(OutgoingMessage.of("foo", 12).announce());
			assertThat(client.frames().await(4).subList(1, 4)).satisfiesExactly((frame) -> assertThat(frame).matches(
					"\\{\"type\":\"message\",\"id\":\"\\w+-\\d+\",\"channel\":\"foo\",\"data\":\\{\"id\":1},\"time\":\"20\\S+Z\"}"),
					(frame) -> assertThat(frame).contains("\"data\":\"12\""),
					(frame) -> assertThat(frame).contains("\"data\":12,").contains("\"id\":\"1\""));
		}
	}

	@Test
	void aChannelMayHaveAnyName() throws Exception {
		try (EventStreamClient client = EventStreamClient
			.connect(server.http("/subscribe/sp%C3%A4ti/%E2%82%AC%20%22x%22"))) {
			client.events().await(1);
			database.execute("select pg_notify('späti/€ \"x\"', 'heard')");
			assertThat(client.events().await(2).get(1).data()).isEqualTo("heard");
		}
	}

	@Test
	void severalChannelsShareAConnectionAndCanBeChanged() {
		try (WebSocketClient client = WebSocketClient
			.connect(server.webSocket("/subscribe?channel=foo&channel=bar&format=json"))) {
			client.frames().await(2);
			database.execute("notify bar, 'b'; notify foo, 'f'");
			assertThat(client.frames().await(4)).last().asString().contains("\"data\":\"");
			client.send("{\"type\":\"unsubscribe\",\"channel\":\"bar\"}");
			assertThat(client.frames().await(5).get(4)).isEqualTo("{\"type\":\"unsubscribed\",\"channel\":\"bar\"}");
			database.execute("notify bar, 'unheard'");
			client.send("{\"type\":\"subscribe\",\"channel\":\"bar\"}");
			assertThat(client.frames().await(6).get(5)).contains("subscribed").contains("bar");
			database.execute("notify bar, 'heard'");
			assertThat(client.frames().await(7).get(6)).contains("\"data\":\"heard\"");
			client.send("{\"type\":\"subscribe\",\"channel\":\"secret\"}");
			assertThat(client.frames().await(8).get(7))
				.isEqualTo("{\"type\":\"error\",\"channel\":\"secret\",\"reason\":\"no such channel\"}");
		}
	}

	@Test
	void whatIsNoSubscriptionIsRefusedWithAReason() throws Exception {
		assertThat(get("/subscribe/foo")).satisfies((response) -> {
			assertThat(response.statusCode()).isEqualTo(426);
			assertThat(response.headers().firstValue("Upgrade")).hasValue("websocket");
			assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
			assertThat(response.body()).contains("\"status\":426").contains("connect by WebSocket");
		});
		assertThat(get("/subscribe/secret", "Accept", "text/event-stream").statusCode()).isEqualTo(404);
		assertThat(get("/subscribe/pgnotify.queue", "Accept", "text/event-stream").statusCode()).isEqualTo(404);
		assertThat(get("/subscribe.js").body()).contains("export function connect");
	}

	@Test
	void everybodyIsToldThatTheApplicationIsGoingAway() throws Exception {
		GatewayServer other = GatewayServer.start(database, GatewayServer.open("live", "foo"));
		try (WebSocketClient client = WebSocketClient.connect(other.webSocket("/subscribe/foo"));
				EventStreamClient stream = EventStreamClient.connect(other.http("/subscribe/foo"))) {
			stream.events().await(1);
			long begin = System.nanoTime();
			other.close();
			assertThat(client.awaitClose()).isEqualTo(1001);
			assertThat(stream.awaitEnd()).isTrue();
			Figures.print("gateway shutdown with two clients, ms", (System.nanoTime() - begin) / 1_000_000);
		}
	}

	private static WebSocketClient connect(String channel) {
		return WebSocketClient.connect(server.webSocket("/subscribe/" + channel));
	}

	private static HttpResponse<String> get(String path, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(server.http(path));
		for (int i = 0; i < headers.length; i += 2) {
			request.header(headers[i], headers[i + 1]);
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

}
