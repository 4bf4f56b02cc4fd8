package io.github.pgnotify.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.testsupport.Recorder;

/**
 * A client of an event stream, as a browser is.
 */
final class EventStreamClient implements AutoCloseable {

	private static final HttpClient http = HttpClient.newHttpClient();

	private final HttpResponse<InputStream> response;

	private final Recorder<Event> events = new Recorder<>();

	private final CountDownLatch ended = new CountDownLatch(1);

	private volatile String lastId = "";

	private EventStreamClient(HttpResponse<InputStream> response) {
		this.response = response;
		Thread thread = new Thread(this::read, "event stream client");
		thread.setDaemon(true);
		thread.start();
	}

	static EventStreamClient connect(URI uri, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri).header("Accept", "text/event-stream");
		for (int i = 0; i < headers.length; i += 2) {
			request.header(headers[i], headers[i + 1]);
		}
		return new EventStreamClient(http.send(request.build(), BodyHandlers.ofInputStream()));
	}

	HttpResponse<InputStream> response() {
		return this.response;
	}

	Recorder<Event> events() {
		return this.events;
	}

	/**
	 * Returns the data of the plain messages so far.
	 */
	List<String> messages() {
		return this.events.received().stream().filter((event) -> event.name().isEmpty()).map(Event::data).toList();
	}

	/**
	 * Returns what a browser would say it has seen.
	 */
	String lastId() {
		return this.lastId;
	}

	boolean awaitEnd() throws InterruptedException {
		return this.ended.await(60, TimeUnit.SECONDS);
	}

	/**
	 * Goes without a word.
	 */
	void cut() throws IOException {
		this.response.body().close();
	}

	@Override
	public void close() throws IOException {
		cut();
	}

	private void read() {
		try (BufferedReader reader = new BufferedReader(
				new InputStreamReader(this.response.body(), StandardCharsets.UTF_8))) {
			String name = "";
			List<String> data = new ArrayList<>();
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				if (line.isEmpty()) {
					if (!data.isEmpty()) {
						this.events.record(new Event(name, String.join("\n", data), this.lastId));
					}
					name = "";
					data.clear();
				}
				else if (line.startsWith("data: ")) {
					data.add(line.substring(6));
				}
				else if (line.startsWith("event: ")) {
					name = line.substring(7);
				}
				else if (line.startsWith("id: ")) {
					this.lastId = line.substring(4);
				}
			}
		}
		catch (IOException ex) {
			// Closed
		}
		this.ended.countDown();
	}

	record Event(String name, String data, String id) {

	}

}
