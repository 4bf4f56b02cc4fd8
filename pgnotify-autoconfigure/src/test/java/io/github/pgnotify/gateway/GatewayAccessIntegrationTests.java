package io.github.pgnotify.gateway;

import java.net.http.WebSocketHandshakeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.gateway.PgGatewayRequest.Action;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * Who may do what.
 */
class GatewayAccessIntegrationTests {

	private static final String ENVELOPES = "?format=json";

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private static GatewayServer server;

	private static GatewayServer guarded;

	@BeforeAll
	static void start() {
		server = GatewayServer.start(database, "pgnotify.gateway.channels[0].name=members",
				"pgnotify.gateway.channels[1].name=team.*", "pgnotify.gateway.channels[1].access=public",
				"pgnotify.gateway.channels[2].name=mine", "pgnotify.gateway.channels[2].client-field=customer.id",
				"pgnotify.gateway.channels[3].name=stored-mine", "pgnotify.gateway.channels[3].kind=stored",
				"pgnotify.gateway.channels[3].client-header=customer", "pgnotify.gateway.channels[4].name=chat",
				"pgnotify.gateway.channels[4].publish=true", "pgnotify.gateway.channels[5].name=inbox",
				"pgnotify.gateway.channels[5].publish=true", "pgnotify.gateway.channels[5].kind=stored",
				"pgnotify.gateway.allowed-origins=https://example.org",
				"pgnotify.gateway.limits.connections-per-user=3");
		guarded = GatewayServer.start(database, List.of(Guard.class), "pgnotify.gateway.channels[0].name=members",
				"pgnotify.gateway.channels[1].name=team.*", "pgnotify.gateway.channels[2].name=stored",
				"pgnotify.gateway.channels[2].kind=stored", "pgnotify.gateway.client-id-parameter=client");
	}

	@AfterAll
	static void stop() {
		server.close();
		guarded.close();
	}

	@Test
	void aChannelIsForThoseWhoHaveLoggedInUnlessItIsPublic() {
		assertThat(refusal("/subscribe/members")).isEqualTo(404);
		assertThat(refusal("/subscribe/unknown", "X-User", "ann")).isEqualTo(404);
		connect("/subscribe/members", "X-User", "ann").close();
		connect("/subscribe/team.a").close();
	}

	@Test
	void otherOriginsAreRefused() throws Exception {
		assertThat(refusal("/subscribe/team.a", "Origin", "https://evil.example")).isEqualTo(403);
		assertThat(refusal("/subscribe/team.a", "Origin", "null")).isEqualTo(403);
		assertThat(refusal("/subscribe/team.a", "Cookie", "SESSION=1")).isEqualTo(403);
		connect("/subscribe/team.a", "Origin", "https://example.org").close();
		connect("/subscribe/team.a", "Origin", "http://localhost:" + server.port(), "Cookie", "SESSION=1").close();
		try (EventStreamClient evil = EventStreamClient.connect(server.http("/subscribe/team.a"), "Origin",
				"https://evil.example")) {
			assertThat(evil.response().statusCode()).isEqualTo(403);
		}
		try (EventStreamClient nobody = EventStreamClient.connect(server.http("/subscribe/team.a"), "Cookie", "a=b")) {
			assertThat(nobody.response().statusCode()).isEqualTo(403);
		}
		try (EventStreamClient page = EventStreamClient.connect(server.http("/subscribe/team.a"), "Cookie", "a=b",
				"Sec-Fetch-Site", "same-origin")) {
			assertThat(page.response().statusCode()).isEqualTo(200);
		}
		try (EventStreamClient friend = EventStreamClient.connect(server.http("/subscribe/team.a"), "Origin",
				"https://example.org")) {
			assertThat(friend.response().headers().firstValue("Access-Control-Allow-Origin"))
				.hasValue("https://example.org");
			assertThat(friend.response().headers().firstValue("Access-Control-Allow-Credentials")).hasValue("true");
		}
	}

	@Test
	void anyOriginWithCookiesDoesNotStart() {
		assertThat(catchThrowable(() -> GatewayServer.start(database, "pgnotify.gateway.allowed-origins=*")))
			.rootCause()
			.isInstanceOf(PgNotifyStartupException.class)
			.hasMessageContaining("pgnotify.gateway.allowed-origins=*");
		try (GatewayServer open = GatewayServer.start(database, "pgnotify.gateway.allowed-origins=*",
				"pgnotify.gateway.cookies=false", "pgnotify.gateway.channels[0].name=members")) {
			assertThat(open.port()).isPositive();
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> WebSocketClient.connect(open.webSocket("/subscribe/members"), "X-User", "ann",
						"Cookie", "a=b", "Origin", "https://any.example"));
			assertThat(refusal(open, "/subscribe/members", "X-User", "ann", "Origin", "https://any.example"))
				.isEqualTo(404);
			WebSocketClient
				.connect(open.webSocket("/subscribe/members"), "X-User", "ann", "Origin", "https://any.example",
						"Authorization", "Bearer token")
				.close();
		}
	}

	@Test
	void aFilteredChannelSendsToEachClientItsOwn() {
		assertThat(refusal("/subscribe/mine")).isEqualTo(404);
		PgNotifyTemplate template = server.bean(PgNotifyTemplate.class);
		try (WebSocketClient ann = connect("/subscribe/mine", "X-User", "1");
				WebSocketClient bob = connect("/subscribe/mine", "X-User", "bob")) {
			template.convertAndSend("mine", Map.of("customer", Map.of("id", 1)));
			template.convertAndSend("mine", Map.of("customer", Map.of("id", "bob"), "n", 2));
			template.convertAndSend("mine", Map.of("customer", "bob"));
			template.convertAndSend("mine", "no JSON");
			template.convertAndSend("mine", Map.of("customer", Map.of("id", "1"), "n", 3));
			assertThat(ann.frames().await(2)).last().asString().contains("\"n\":3");
			assertThat(bob.frames().await(1)).first().asString().contains("\"n\":2");
		}
		try (WebSocketClient ann = connect("/subscribe/stored-mine", "X-User", "ann")) {
			template.enqueue(OutgoingMessage.of("stored-mine", "for bob").header("customer", "bob"));
			template.enqueue("stored-mine", "for nobody");
			template.enqueue(OutgoingMessage.of("stored-mine", "for ann").header("customer", "ann"));
			assertThat(ann.frames().await(1)).containsExactly("for ann");
		}
	}

	@Test
	void withoutAChannelAClientHearsAllThatItMay() {
		try (WebSocketClient ann = connect("/subscribe" + ENVELOPES, "X-User", "ann")) {
			assertThat(ann.frames().await(5)).allMatch((frame) -> frame.contains("subscribed"));
		}
		assertThat(refusal("/subscribe")).isEqualTo(404);
	}

	@Test
	void aLiveChannelLeavesTheCursorOfAStoredOne() throws Exception {
		try (EventStreamClient ann = EventStreamClient.connect(server.http("/subscribe?channel=inbox&channel=chat"),
				"X-User", "ann")) {
			assertThat(ann.events().await(2)).extracting(EventStreamClient.Event::id).doesNotContain("live");
			assertThat(ann.lastId()).isNotEmpty();
		}
	}

	@Test
	void clientsPublishWhereTheyMay() throws Exception {
		try (WebSocketClient raw = connect("/subscribe/chat", "X-User", "ann");
				WebSocketClient client = connect("/subscribe?channel=chat&channel=inbox&format=json", "X-User",
						"bob")) {
			client.frames().await(2);
			raw.send("hello");
			assertThat(client.frames().await(3).get(2)).contains("\"data\":\"hello\"");
			client.send("{\"type\":\"publish\",\"channel\":\"chat\",\"data\":{\"a\":1}}");
			assertThat(raw.frames().await(2)).containsExactly("hello", "{\"a\":1}");
			client.frames().await(4);
			client.send("{\"type\":\"publish\",\"channel\":\"inbox\",\"data\":[1]}");
			assertThat(client.frames().await(5).get(4)).contains("\"data\":[1]").contains("cursor");
			client.send("{\"type\":\"publish\",\"channel\":\"members\",\"data\":1}");
			assertThat(client.frames().await(6).get(5)).contains("may not publish");
			client.send("nonsense");
			assertThat(client.frames().await(7).get(6)).contains("not JSON");
		}
		try (WebSocketClient raw = connect("/subscribe/members", "X-User", "ann")) {
			raw.send("hello");
			assertThat(raw.awaitClose()).isEqualTo(1008);
		}
	}

	@Test
	void connectionsOfAUserAreLimited() {
		try (WebSocketClient one = connect("/subscribe/members", "X-User", "eve");
				WebSocketClient two = connect("/subscribe/members", "X-User", "eve");
				WebSocketClient three = connect("/subscribe/members", "X-User", "eve")) {
			assertThat(List.of(one, two, three)).noneMatch(WebSocketClient::isClosed);
			assertThat(refusal("/subscribe/members", "X-User", "eve")).isEqualTo(429);
		}
		await().until(() -> server.gateway()
			.connections()
			.stream()
			.noneMatch((connection) -> "eve".equals(connection.user())));
		connect("/subscribe/members", "X-User", "eve").close();
	}

	@Test
	void theAuthorizerDecidesAndIsAskedForReplaysToo() throws Exception {
		Guard guard = guarded.bean(Guard.class);
		assertThat(refusal(guarded, "/subscribe/members?client=7", "X-User", "nobody")).isEqualTo(404);
		WebSocketClient.connect(guarded.webSocket("/subscribe/team.x?client=7"), "X-User", "ann").close();
		assertThat(guard.asked.received()).anySatisfy((request) -> {
			assertThat(request.action()).isEqualTo(Action.SUBSCRIBE);
			assertThat(request.channel().value()).isEqualTo("team.x");
			assertThat(request.clientId()).isEqualTo("7");
			assertThat(request.attributes()).containsKey("remoteAddress");
		});
		WebSocketClient.connect(guarded.webSocket("/subscribe/stored"), "X-User", "ann").close();
		assertThat(refusal(guarded, "/subscribe/stored?after=earliest", "X-User", "ann")).isEqualTo(404);
		await().untilAsserted(() -> assertThat(guard.events.received())
			.anyMatch((event) -> event instanceof PgGatewayEvent.Refused refused
					&& refused.reason().equals("no such channel"))
			.anyMatch((event) -> event instanceof PgGatewayEvent.Connected)
			.anyMatch((event) -> event instanceof PgGatewayEvent.Disconnected));
	}

	@Test
	void whoseTokenExpiresIsClosedWithinASecond() throws Exception {
		Guard guard = guarded.bean(Guard.class);
		Instant until = Instant.now().plusMillis(1500);
		guard.until.put("ann", until);
		try (WebSocketClient client = WebSocketClient.connect(guarded.webSocket("/subscribe/members"), "X-User", "ann");
				WebSocketClient other = WebSocketClient.connect(guarded.webSocket("/subscribe/members"), "X-User",
						"bob")) {
			assertThat(client.awaitClose()).isEqualTo(4001);
			long late = Instant.now().toEpochMilli() - until.toEpochMilli();
			Figures.print("gateway closes after the expiry of a token, ms", late);
			assertThat(late).isNotNegative();
			assertThat(other.isClosed()).isFalse();
		}
		finally {
			guard.until.clear();
		}
	}

	@Test
	void whoIsNotPermittedAgainInTimeIsClosed() throws Exception {
		Guard guard = guarded.bean(Guard.class);
		CountDownLatch end = new CountDownLatch(1);
		Map<String, Supplier<PgGatewayDecision>> answers = Map.of("throws", () -> {
			throw new NoClassDefFoundError("a part of the application");
		}, "nothing", () -> null, "late", () -> {
			try {
				end.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return PgGatewayDecision.allow();
		});
		List<WebSocketClient> clients = new ArrayList<>();
		for (String user : answers.keySet()) {
			guard.until.put(user, Instant.now().plusMillis(500));
			clients.add(WebSocketClient.connect(guarded.webSocket("/subscribe/members"), "X-User", user));
		}
		guard.answers.putAll(answers);
		try {
			for (WebSocketClient client : clients) {
				assertThat(client.awaitClose()).isEqualTo(4001);
			}
		}
		finally {
			end.countDown();
			guard.answers.clear();
			guard.until.clear();
		}
	}

	@Test
	void aTokenEndsAConnectionWithoutAnyChannelToo() throws Exception {
		Instant until = Instant.now().plusMillis(1500);
		try (WebSocketClient client = WebSocketClient.connect(guarded.webSocket("/subscribe?channel=&format=json"),
				"X-User", "ann", "X-Token-Until", until.toString())) {
			assertThat(client.awaitClose()).isEqualTo(4001);
		}
	}

	@Test
	void aRenewedPermissionKeepsTheConnection() {
		Guard guard = guarded.bean(Guard.class);
		guard.until.put("eve", Instant.now().plusMillis(500));
		try (WebSocketClient client = WebSocketClient.connect(guarded.webSocket("/subscribe/members"), "X-User",
				"eve")) {
			guard.asked.clear();
			guard.until.put("eve", Instant.now().plusSeconds(60));
			await().until(() -> !guard.asked.received().isEmpty());
			database.execute("notify members, 'still'");
			assertThat(client.frames().await(1)).containsExactly("still");
		}
	}

	@Test
	void theTokenOfSpringSecurityEndsTheConnectionToo() throws Exception {
		Instant until = Instant.now().plusMillis(1500);
		try (WebSocketClient client = connect("/subscribe/members", "X-User", "ann", "X-Token-Until",
				until.toString())) {
			assertThat(client.awaitClose()).isEqualTo(4001);
			assertThat(Instant.now()).isAfterOrEqualTo(until);
		}
		assertThat(refusal("/subscribe/members", "X-User", "ann", "X-Token-Until", until.toString())).isEqualTo(404);
		assertThat(server.gateway().closedCount(PgGatewayCloseCode.EXPIRED)).isOne();
	}

	private static WebSocketClient connect(String path, String... headers) {
		return WebSocketClient.connect(server.webSocket(path), headers);
	}

	private static int refusal(String path, String... headers) {
		return refusal(server, path, headers);
	}

	private static int refusal(GatewayServer from, String path, String... headers) {
		Throwable failure = catchThrowable(() -> WebSocketClient.connect(from.webSocket(path), headers).close());
		assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
		return ((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode();
	}

	@Configuration(proxyBeanMethods = false)
	static class Guard {

		final Map<String, Instant> until = new ConcurrentHashMap<>();

		final Map<String, Supplier<PgGatewayDecision>> answers = new ConcurrentHashMap<>();

		final Recorder<PgGatewayRequest> asked = new Recorder<>();

		final Recorder<PgGatewayEvent> events = new Recorder<>();

		@Bean
		PgGatewayAuthorizer authorizer() {
			return (request) -> {
				this.asked.record(request);
				String user = (request.principal() != null) ? request.principal().getName() : "nobody";
				if (user.equals("nobody") || request.action() == Action.REPLAY) {
					return PgGatewayDecision.deny();
				}
				Supplier<PgGatewayDecision> answer = this.answers.get(user);
				if (answer != null) {
					return answer.get();
				}
				Instant end = this.until.get(user);
				return (end != null) ? PgGatewayDecision.allowUntil(end) : PgGatewayDecision.allow();
			};
		}

		@EventListener
		void on(PgGatewayEvent event) {
			this.events.record(event);
		}

	}

}
