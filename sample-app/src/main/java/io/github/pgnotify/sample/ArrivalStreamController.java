package io.github.pgnotify.sample;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerRegistry;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Streams arrivals to browsers: those of late, then each as it comes.
 * <p>
 * Every browser has a thread and a short queue of its own, so a slow one delays nobody.
 * Good enough for a page that a few people look at.
 */
@RestController
class ArrivalStreamController {

	private static final int MAX_BROWSERS = 100;

	private final Arrivals arrivals;

	private final PgListenerRegistry listeners;

	private final SimpleAsyncTaskExecutor threads = new SimpleAsyncTaskExecutor("browser-");

	ArrivalStreamController(Arrivals arrivals, PgListenerRegistry listeners) {
		this.arrivals = arrivals;
		this.listeners = listeners;
		this.threads.setDaemon(true);
		this.threads.setConcurrencyLimit(MAX_BROWSERS);
		this.threads.setRejectTasksWhenLimitReached(true);
		// A positive time-out has close() interrupt the threads
		this.threads.setTaskTerminationTimeout(1000);
	}

	/**
	 * Opens a stream: first an event {@code channels} with the names that listeners hear,
	 * then an event {@code arrival} for each arrival, and {@code gap} where notifications
	 * may have been missed.
	 * @return the stream
	 */
	@GetMapping(path = "/arrivals", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	SseEmitter arrivals() {
		Browser browser = new Browser(this.arrivals, this.listeners.channels()
			.stream()
			.map(ChannelName::value)
			// Over which pgnotify talks to itself
			.filter((channel) -> !channel.startsWith("pgnotify."))
			.sorted()
			.toList());
		this.threads.execute(browser);
		return browser.emitter();
	}

	// Before the web server waits for open requests to end: these never would
	@EventListener
	void close(ContextClosedEvent event) {
		this.threads.close();
	}

}
