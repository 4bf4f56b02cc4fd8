package io.github.pgnotify.sample;

import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.awaitility.Awaitility.await;

@SampleTest
@ExtendWith(OutputCaptureExtension.class)
class ArrivalStreamIntegrationTests {

	private static final Duration AT_MOST = Duration.ofSeconds(20);

	@Autowired
	private Arrivals arrivals;

	@Autowired
	private JdbcTemplate jdbcTemplate;

	@LocalServerPort
	private int port;

	private final Queue<String> lines = new ConcurrentLinkedQueue<>();

	@Test
	void beginsWithTheChannelsAndWhatArrivedBefore() {
		this.arrivals.add("foo", "before", 1, "notes");
		readStream();
		awaitLine(
				"data:[\"bar\",\"ch1\",\"ch2\",\"ch3\",\"foo\",\"items\",\"job\",\"my_app_name\",\"my_channel\",\"orders\"]");
		awaitLine("\"value\":\"before\"");
		this.arrivals.add("foo", "after", 1, "notes");
		awaitLine("\"value\":\"after\"");
	}

	@Test
	void aBrowserThatDoesNotReadDelaysNobody() throws Exception {
		try (Socket slow = new Socket("localhost", this.port)) {
			OutputStream request = slow.getOutputStream();
			request.write("GET /arrivals HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
			request.flush();
			readStream();
			// More than the queue of the slow one and all buffers on the way to it hold
			String big = "x".repeat(64 * 1024);
			for (int i = 1; i <= 600; i++) {
				this.arrivals.add("foo", i + big, 1, "notes");
				if (i % 20 == 0) {
					awaitLine("\"value\":\"" + i + "x");
					this.lines.clear();
				}
			}
		}
	}

	@Test
	void showsAndLogsWhereNotificationsMayHaveBeenMissed(CapturedOutput output) {
		readStream();
		this.jdbcTemplate.queryForList("""
				select pg_terminate_backend(pid) from pg_stat_activity
				where datname = current_database() and application_name like '%/pgnotify'""");
		awaitLine("event:gap");
		awaitLine("\"cause\":\"CONNECTION_LOST\"");
		await().atMost(AT_MOST)
			.until(() -> output.getOut()
				.contains("Notifications may have been missed by all listeners: CONNECTION_LOST, from "));
	}

	private void readStream() {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + "/arrivals")).build();
		HttpClient.newHttpClient().sendAsync(request, BodyHandlers.ofLines()).thenAcceptAsync((response) -> {
			try (Stream<String> body = response.body()) {
				body.forEach(this.lines::add);
			}
		});
		awaitLine("event:channels");
	}

	private void awaitLine(String part) {
		await().atMost(AT_MOST).until(() -> this.lines.stream().anyMatch((line) -> line.contains(part)));
	}

}
