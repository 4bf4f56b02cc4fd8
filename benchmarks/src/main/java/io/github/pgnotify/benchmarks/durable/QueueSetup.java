package io.github.pgnotify.benchmarks.durable;

import java.util.function.Consumer;

import io.github.pgnotify.benchmarks.Database;

/**
 * What a queue is to be like.
 *
 * @param database where it is
 * @param senders how many threads send
 * @param handlers how many messages are handled at a time
 * @param prefetch how many messages are claimed at a time; 0 for the contender's default
 * @param groups how many groups get each message
 * @param keys how many keys messages have that keep them in order; 0 for none
 * @param handler gets the payload, perhaps as a JSON string with its quotes
 */
record QueueSetup(Database database, int senders, int handlers, int prefetch, int groups, int keys,
		Consumer<String> handler) {

	static QueueSetup of(Database database, Consumer<String> handler) {
		return new QueueSetup(database, 1, 1, 0, 1, 0, handler);
	}

	QueueSetup withDatabase(Database other) {
		return new QueueSetup(other, this.senders, this.handlers, this.prefetch, this.groups, this.keys, this.handler);
	}

	QueueSetup withSenders(int count) {
		return new QueueSetup(this.database, count, this.handlers, this.prefetch, this.groups, this.keys, this.handler);
	}

	QueueSetup withHandlers(int count) {
		return new QueueSetup(this.database, this.senders, count, this.prefetch, this.groups, this.keys, this.handler);
	}

	QueueSetup withPrefetch(int count) {
		return new QueueSetup(this.database, this.senders, this.handlers, count, this.groups, this.keys, this.handler);
	}

	QueueSetup withGroups(int count) {
		return new QueueSetup(this.database, this.senders, this.handlers, this.prefetch, count, this.keys,
				this.handler);
	}

	QueueSetup withKeys(int count) {
		return new QueueSetup(this.database, this.senders, this.handlers, this.prefetch, this.groups, count,
				this.handler);
	}

	QueueSetup withHandler(Consumer<String> other) {
		return new QueueSetup(this.database, this.senders, this.handlers, this.prefetch, this.groups, this.keys, other);
	}

}
