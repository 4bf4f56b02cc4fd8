package io.github.pgnotify.gateway;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Clients that want no good.
 */
class GatewayAbuseIntegrationTests {

	private static final long MOST_HEAP = 32L << 20;

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private static GatewayServer server;

	@BeforeAll
	static void start() {
		server = GatewayServer.start(database, List.of(Watch.class),
				GatewayServer.open("live", "foo", "many.*", "--pgnotify.gateway.ping-interval=300ms",
						"--pgnotify.gateway.pong-timeout=500ms", "--server.tomcat.threads.max=10",
						"--server.tomcat.connection-timeout=2s"));
		WebSocketClient.connect(server.webSocket("/subscribe/foo")).close();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void longFramesAreRefused() throws Exception {
		long before = heap();
		List<RawSocketClient> clients = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			RawSocketClient client = RawSocketClient.connect(server.port(), "/subscribe/foo?format=json");
			assertThat(client.readHead()).startsWith("HTTP/1.1 101");
			client.sendHead(10_000_000);
			clients.add(client);
		}
		for (RawSocketClient client : clients) {
			String part = "x".repeat(1000);
			try {
				for (int sent = 0; sent < 10_000; sent++) {
					client.write(part);
				}
			}
			catch (IOException ex) {
				// Cut off, which is the point
			}
		}
		assertGrowth("20 frames of 10 MB", before);
		for (RawSocketClient client : clients) {
			client.close();
		}
		try (RawSocketClient client = RawSocketClient.connect(server.port(), "/subscribe/foo?format=json")) {
			assertThat(client.readHead()).startsWith("HTTP/1.1 101");
			client.send("x".repeat(8193));
			assertThat(client.readCloseCode()).isEqualTo(1009);
		}
		await().until(() -> server.bean(Watch.class).events.received()
			.stream()
			.anyMatch((event) -> event instanceof PgGatewayEvent.Disconnected gone
					&& gone.code() == PgGatewayCloseCode.TOO_BIG));
		assertServed();
	}

	@Test
	void tenThousandSubscribesAreRefused() throws Exception {
		long before = heap();
		try (RawSocketClient client = RawSocketClient.connect(server.port(), "/subscribe/foo?format=json")) {
			assertThat(client.readHead()).startsWith("HTTP/1.1 101");
			try {
				for (int i = 0; i < 10_000; i++) {
					client.send("{\"type\":\"subscribe\",\"channel\":\"many." + i + "\"}");
				}
			}
			catch (IOException ex) {
				// Cut off
			}
			assertThat(client.readCloseCode()).isIn(1008, -1);
		}
		catch (IOException ex) {
			// Cut off before it was read
		}
		await().until(() -> server.bean(Watch.class).events.received()
			.stream()
			.anyMatch((event) -> event instanceof PgGatewayEvent.Disconnected gone
					&& gone.code() == PgGatewayCloseCode.POLICY && gone.connection().channels().size() <= 100));
		assertGrowth("10,000 subscribes", before);
		assertServed();
	}

	@Test
	void slowHandshakesHoldNoThreadAndEnd() throws Exception {
		long before = heap();
		List<RawSocketClient> clients = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			RawSocketClient client = new RawSocketClient(server.port());
			client.write("GET /subscribe/foo HTTP/1.1\r\nHost: localhost\r\nUpgr");
			clients.add(client);
		}
		assertServed();
		assertGrowth("200 slow handshakes", before);
		for (RawSocketClient client : clients) {
			assertThat(client.readHead()).doesNotContain("101");
			client.close();
		}
	}

	@Test
	void nothingIsCompressed() throws Exception {
		try (RawSocketClient client = RawSocketClient.connect(server.port(), "/subscribe/foo",
				"Sec-WebSocket-Extensions: permessage-deflate\r\n")) {
			assertThat(client.readHead()).startsWith("HTTP/1.1 101").doesNotContainIgnoringCase("permessage-deflate");
		}
	}

	@Test
	void aClientThatAnswersNoPingIsClosed() throws Exception {
		try (RawSocketClient silent = RawSocketClient.connect(server.port(), "/subscribe/foo");
				WebSocketClient other = WebSocketClient.connect(server.webSocket("/subscribe/foo"))) {
			assertThat(silent.readHead()).startsWith("HTTP/1.1 101");
			assertThat(silent.readCloseCode()).isEqualTo(PgGatewayCloseCode.NO_PONG.code());
			assertThat(other.isClosed()).isFalse();
		}
	}

	@Test
	void aBinaryFrameIsRefused() throws Exception {
		try (RawSocketClient client = RawSocketClient.connect(server.port(), "/subscribe/foo")) {
			assertThat(client.readHead()).startsWith("HTTP/1.1 101");
			client.write("\u0082\u0080\0\0\0\0");
			assertThat(client.readCloseCode()).isEqualTo(1003);
		}
	}

	@Test
	void aSlowReaderOfAnEventStreamIsClosedAloneToo() throws Exception {
		// The container itself would wait for long
		try (GatewayServer patient = GatewayServer.start(database, List.of(Watch.class),
				GatewayServer.open("live", "foo", "--server.tomcat.connection-timeout=10m"));
				RawSocketClient slow = new RawSocketClient(patient.port());
				EventStreamClient other = EventStreamClient.connect(patient.http("/subscribe/foo"))) {
			slow.write("GET /subscribe/foo HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
			assertThat(slow.readHead()).startsWith("HTTP/1.1 200");
			other.events().await(1);
			await().until(() -> patient.gateway().connections().size() == 2);
			int sent = 0;
			while (patient.gateway().connections().size() == 2) {
				database.queryForString(
						"select count(pg_notify('foo', i || repeat('x', 7000))) " + "from generate_series(?, ?) i",
						sent, sent + 99);
				sent += 100;
				int so = sent;
				await().atMost(Duration.ofSeconds(60)).until(() -> other.messages().size() >= so);
			}
			Figures.print("gateway closes an event stream that is not read after, MB", sent * 7000L / 1_000_000);
			assertThat(patient.bean(Watch.class).events.received())
				.anyMatch((event) -> event instanceof PgGatewayEvent.Disconnected gone
						&& gone.code() == PgGatewayCloseCode.TOO_SLOW);
			assertThat(patient.gateway().connections()).hasSize(1);
			// It still reads nothing, and nevertheless nobody is there any more
			await().atMost(Duration.ofSeconds(60)).until(() -> {
				try {
					slow.write("x");
					return false;
				}
				catch (IOException ex) {
					return true;
				}
			});
		}
	}

	private static void assertServed() {
		try (WebSocketClient client = WebSocketClient.connect(server.webSocket("/subscribe/foo"))) {
			database.execute("notify foo, 'served'");
			assertThat(client.frames().await(1)).containsExactly("served");
		}
	}

	private static void assertGrowth(String what, long before) {
		long growth = heap() - before;
		Figures.print("gateway heap growth after " + what + ", MB", "%.1f".formatted(growth / 1e6));
		assertThat(growth).isLessThan(MOST_HEAP);
	}

	private static long heap() {
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	@Configuration(proxyBeanMethods = false)
	static class Watch {

		final Recorder<PgGatewayEvent> events = new Recorder<>();

		@EventListener
		void on(PgGatewayEvent event) {
			this.events.record(event);
		}

	}

}
