package io.github.pgnotify.benchmarks.durable;

import java.sql.SQLException;

import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.Senders;

/**
 * Sends one message per transaction.
 */
record OneByOne(RunningQueue.Sender sender) implements Senders.Sender {

	static OneByOne of(RunningQueue queue) throws Exception {
		return new OneByOne(queue.sender());
	}

	@Override
	public int send(int number) throws Exception {
		this.sender.send(Payloads.text(number));
		return 1;
	}

	@Override
	public void close() throws SQLException {
		this.sender.close();
	}

}
