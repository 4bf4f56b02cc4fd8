package io.github.pgnotify.benchmarks.live;

import java.util.function.Consumer;

import io.github.pgnotify.benchmarks.Database;

/**
 * Who listens.
 *
 * @param database where
 * @param listeners how many hear each message
 * @param senders how many threads send
 * @param handler gets each payload from each listener
 */
record LiveSetup(Database database, int listeners, int senders, Consumer<String> handler) {

	/** The channel of all contests. */
	static final String CHANNEL = "bench_live";

	static LiveSetup of(Database database) {
		return new LiveSetup(database, 1, 1, (payload) -> {
		});
	}

	LiveSetup withDatabase(Database other) {
		return new LiveSetup(other, this.listeners, this.senders, this.handler);
	}

	LiveSetup withListeners(int count) {
		return new LiveSetup(this.database, count, this.senders, this.handler);
	}

	LiveSetup withSenders(int count) {
		return new LiveSetup(this.database, this.listeners, count, this.handler);
	}

	LiveSetup withHandler(Consumer<String> other) {
		return new LiveSetup(this.database, this.listeners, this.senders, other);
	}

}
