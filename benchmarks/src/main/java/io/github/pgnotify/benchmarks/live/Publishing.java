package io.github.pgnotify.benchmarks.live;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.Senders;

/**
 * Sends notifications, one or many in a transaction.
 *
 * @param publisher sends them
 * @param length characters of a payload
 * @param batch how many are sent in a transaction
 */
record Publishing(Publisher publisher, int length, int batch) implements Senders.Sender {

	@Override
	public int send(int number) throws SQLException {
		if (this.batch == 1) {
			this.publisher.publish(Payloads.text(number, this.length));
		}
		else {
			List<String> payloads = new ArrayList<>(this.batch);
			for (int i = 0; i < this.batch; i++) {
				payloads.add(Payloads.text(number + i, this.length));
			}
			this.publisher.publishAll(payloads);
		}
		return this.batch;
	}

	@Override
	public void close() throws SQLException {
		this.publisher.close();
	}

}
