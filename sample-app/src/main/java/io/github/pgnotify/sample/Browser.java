package io.github.pgnotify.sample;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * A browser that looks. Its thread alone writes to it, until it is gone, or so slow that
 * its queue overflows: then its stream ends, and it comes back to ask for the latest.
 */
class Browser implements Runnable, Consumer<Shown> {

	private static final int QUEUE_CAPACITY = 4 * Arrivals.KEPT;

	/**
	 * A browser that went away quietly is not noticed earlier, others just reconnect.
	 */
	private static final Duration LONGEST_STREAM = Duration.ofHours(1);

	private final BlockingQueue<Shown> waiting = new ArrayBlockingQueue<>(QUEUE_CAPACITY);

	private final SseEmitter emitter = new SseEmitter(LONGEST_STREAM.toMillis());

	private final Arrivals arrivals;

	private final List<String> channels;

	private boolean gone;

	private @Nullable Thread writer;

	Browser(Arrivals arrivals, List<String> channels) {
		this.arrivals = arrivals;
		this.channels = channels;
		this.emitter.onCompletion(this::leave);
		this.emitter.onTimeout(this::leave);
		this.emitter.onError((ex) -> leave());
	}

	SseEmitter emitter() {
		return this.emitter;
	}

	@Override
	public void accept(Shown shown) {
		if (!this.waiting.offer(shown)) {
			leave();
		}
	}

	@Override
	public void run() {
		if (!enter()) {
			return;
		}
		try {
			send("channels", this.channels);
			this.arrivals.follow(this);
			while (true) {
				Shown shown = this.waiting.take();
				send(shown.event(), shown);
			}
		}
		catch (InterruptedException | IOException | IllegalStateException ex) {
			// Gone, too slow, or the application is ending
		}
		finally {
			this.arrivals.unfollow(this);
			complete();
		}
	}

	private void complete() {
		try {
			this.emitter.complete();
		}
		catch (IllegalStateException ex) {
			// The web server saw it go first, and has ended the request
		}
	}

	private void send(String event, Object data) throws IOException {
		this.emitter.send(SseEmitter.event().name(event).data(data, MediaType.APPLICATION_JSON));
	}

	private synchronized boolean enter() {
		this.writer = Thread.currentThread();
		return !this.gone;
	}

	private synchronized void leave() {
		this.gone = true;
		if (this.writer != null) {
			this.writer.interrupt();
		}
	}

}
