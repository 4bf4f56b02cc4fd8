package io.github.pgnotify.sample;

import java.util.List;
import java.util.Map;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyHeaders;

import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.stereotype.Component;

/**
 * Hears what pgnotify's predecessors were made to hear, as their documentation sends it.
 * The parameter decides what becomes of the payload.
 */
@Component
class PredecessorListeners {

	private final Arrivals arrivals;

	PredecessorListeners(Arrivals arrivals) {
		this.arrivals = arrivals;
	}

	/*
	 * pgnotifier
	 */

	@PgListener(channels = "my_app_name", id = "log")
	void log(String text, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add("my_app_name", text, senderPid, "log");
	}

	@PgListener(channels = "ch1", id = "42")
	void map(Map<String, Object> values, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add("ch1", values, senderPid, "42");
	}

	@PgListener(channels = "ch2", id = "an_id")
	void record(Notice notice, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add("ch2", notice, senderPid, "an_id");
	}

	@PgListener(channels = "ch2", id = "another_id")
	void recordWithItsNotification(@Payload Notice notice, PgNotification notification) {
		this.arrivals.add(notification.channel().value(), notice, notification.senderPid(), "another_id");
	}

	@PgListener(channels = "ch3", id = "numbers")
	void list(List<Integer> numbers, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add("ch3", numbers, senderPid, "numbers");
	}

	/*
	 * go-pg-pubsub
	 */

	@PgListener(channels = { "foo", "bar" }, id = "notes")
	void note(String note, PgNotification notification) {
		this.arrivals.add(notification.channel().value(), note, notification.senderPid(), "notes");
	}

	/*
	 * Treetracker queue: stored in queue.message, and announced
	 */

	@PgListener(channels = "my_channel", id = "my_subscriber")
	void message(String data, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add("my_channel", data, senderPid, "my_subscriber");
	}

}
