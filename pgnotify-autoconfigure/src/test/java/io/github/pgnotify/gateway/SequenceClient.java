package io.github.pgnotify.gateway;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client of envelopes whose data are numbers that rise by one. It keeps nothing but
 * where it is and what was wrong, so that there can be thousands; its life spans several
 * connections.
 */
final class SequenceClient implements WebSocket.Listener {

	private static final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(60)).build();

	private static final Pattern NUMBER = Pattern.compile("\"data\":\"?(\\d+)");

	private static final Pattern CURSOR = Pattern.compile("\"cursor\":\"([^\"]+)\"");

	private final URI uri;

	private final StringBuilder partial = new StringBuilder();

	private WebSocket webSocket;

	private CompletableFuture<Void> subscribed = new CompletableFuture<>();

	private String cursor;

	private long last = -1;

	private boolean gap;

	private int received;

	private int gaps;

	private int lost;

	private int twice;

	private int closings;

	SequenceClient(URI uri) {
		this.uri = uri;
	}

	/**
	 * Connects, after what it has seen if it has seen anything.
	 */
	CompletableFuture<Void> connect() {
		String query = (cursor() != null) ? "&after=" + cursor() : "";
		this.subscribed = new CompletableFuture<>();
		return http.newWebSocketBuilder()
			.buildAsync(URI.create(this.uri + "&format=json" + query), this)
			.thenCompose((opened) -> {
				this.webSocket = opened;
				return this.subscribed;
			});
	}

	void kill() {
		this.webSocket.abort();
	}

	@Override
	public CompletionStage<?> onText(WebSocket source, CharSequence data, boolean lastPart) {
		this.partial.append(data);
		if (lastPart) {
			take(this.partial.toString());
			this.partial.setLength(0);
		}
		source.request(1);
		return null;
	}

	/**
	 * Closed by the server, for being too slow on a busy machine for example: comes back.
	 */
	@Override
	public CompletionStage<?> onClose(WebSocket source, int statusCode, String reason) {
		synchronized (this) {
			this.closings++;
		}
		this.partial.setLength(0);
		connect();
		return null;
	}

	@Override
	public void onError(WebSocket source, Throwable error) {
		this.partial.setLength(0);
	}

	private synchronized void take(String frame) {
		Matcher found = CURSOR.matcher(frame);
		if (found.find()) {
			this.cursor = found.group(1);
		}
		if (frame.startsWith("{\"type\":\"message\"")) {
			Matcher number = NUMBER.matcher(frame);
			if (number.find()) {
				next(Long.parseLong(number.group(1)));
			}
		}
		else if (frame.startsWith("{\"type\":\"gap\"")) {
			this.gap = true;
			this.gaps++;
		}
		else if (frame.startsWith("{\"type\":\"subscribed\"")) {
			this.subscribed.complete(null);
		}
	}

	private void next(long number) {
		this.received++;
		if (this.last >= 0 && number <= this.last) {
			this.twice++;
		}
		else if (this.last >= 0 && number != this.last + 1 && !this.gap) {
			this.lost++;
		}
		this.last = Math.max(this.last, number);
		this.gap = false;
	}

	synchronized String cursor() {
		return this.cursor;
	}

	synchronized long last() {
		return this.last;
	}

	synchronized int received() {
		return this.received;
	}

	synchronized int closings() {
		return this.closings;
	}

	synchronized int gaps() {
		return this.gaps;
	}

	synchronized int lost() {
		return this.lost;
	}

	synchronized int twice() {
		return this.twice;
	}

}
