package io.github.pgnotify.gateway;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.testsupport.Recorder;

/**
 * A WebSocket client that remembers what it was sent.
 */
final class WebSocketClient implements WebSocket.Listener, AutoCloseable {

	private static final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();

	private final Recorder<String> frames = new Recorder<>();

	private final CompletableFuture<Integer> closed = new CompletableFuture<>();

	private final StringBuilder partial = new StringBuilder();

	private volatile Recorder<Duration> latencies;

	private volatile int total;

	private WebSocket webSocket;

	static WebSocketClient connect(URI uri, String... headers) {
		return begin(uri, List.of(), headers).join();
	}

	static CompletableFuture<WebSocketClient> begin(URI uri, List<String> protocols, String... headers) {
		WebSocketClient client = new WebSocketClient();
		WebSocket.Builder builder = http.newWebSocketBuilder();
		for (int i = 0; i < headers.length; i += 2) {
			builder.header(headers[i], headers[i + 1]);
		}
		if (!protocols.isEmpty()) {
			builder.subprotocols(protocols.get(0));
		}
		return builder.buildAsync(uri, client).thenApply((webSocket) -> {
			client.webSocket = webSocket;
			return client;
		});
	}

	@Override
	public CompletionStage<?> onText(WebSocket source, CharSequence data, boolean last) {
		this.partial.append(data);
		if (last) {
			if (this.latencies != null) {
				this.latencies.record(Duration
					.ofNanos(System.nanoTime() - Long.parseLong(this.partial.substring(0, this.partial.indexOf(" ")))));
				this.total++;
			}
			else {
				this.frames.record(this.partial.toString());
			}
			this.partial.setLength(0);
		}
		source.request(1);
		return null;
	}

	@Override
	public CompletionStage<?> onBinary(WebSocket source, ByteBuffer data, boolean last) {
		throw new AssertionError("Nobody sends binary frames");
	}

	@Override
	public CompletionStage<?> onClose(WebSocket source, int statusCode, String reason) {
		this.closed.complete(statusCode);
		return null;
	}

	@Override
	public void onError(WebSocket source, Throwable error) {
		this.closed.complete(1006);
	}

	Recorder<String> frames() {
		return this.frames;
	}

	/**
	 * From now on frames begin with the nanoseconds at which they were sent, and nothing
	 * is kept but how long they took.
	 */
	void timed() {
		this.latencies = new Recorder<>();
	}

	List<Duration> latencies() {
		return this.latencies.received();
	}

	int total() {
		return this.total;
	}

	void send(String text) {
		this.webSocket.sendText(text, true).join();
	}

	int awaitClose() throws Exception {
		return this.closed.get(60, TimeUnit.SECONDS);
	}

	boolean isClosed() {
		return this.closed.isDone();
	}

	/**
	 * Goes without a word.
	 */
	void kill() {
		this.webSocket.abort();
	}

	@Override
	public void close() {
		this.webSocket.abort();
	}

}
