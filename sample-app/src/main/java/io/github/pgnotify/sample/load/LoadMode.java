package io.github.pgnotify.sample.load;

import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgNotifyOperations;

/**
 * How rows get from writers to listeners. Each is written in a transaction of its own.
 */
enum LoadMode {

	/** Notifications to a live listener, nothing is stored. */
	LIVE("notifications") {

		@Override
		void write(PgNotifyOperations template, String channel, Row row) {
			template.convertAndSend(channel, row);
		}

	},

	/** Stored rows that notify a live listener. */
	ANNOUNCED("stored and announced rows") {

		@Override
		void write(PgNotifyOperations template, String channel, Row row) {
			template.enqueue(OutgoingMessage.of(channel, row).announce());
		}

	},

	/** Stored rows that a group handles. */
	STORED("stored rows for a group") {

		@Override
		void write(PgNotifyOperations template, String channel, Row row) {
			template.enqueue(OutgoingMessage.of(channel, row).silent());
		}

	};

	private final String text;

	LoadMode(String text) {
		this.text = text;
	}

	String text() {
		return this.text;
	}

	abstract void write(PgNotifyOperations template, String channel, Row row);

}
