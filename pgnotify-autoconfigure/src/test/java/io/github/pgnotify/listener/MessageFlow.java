package io.github.pgnotify.listener;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.DeliveryLedger;
import org.awaitility.Awaitility;

/**
 * Sends 0, 1, 2 … to channels, to each of them in turn, about one message a millisecond
 * and each in a transaction of its own, until it is closed.
 */
final class MessageFlow implements AutoCloseable {

	private final CompletableFuture<Void> ended = new CompletableFuture<>();

	private final TestDatabase database;

	private final List<String> channels;

	private final DeliveryLedger ledger;

	private final AtomicLong sent = new AtomicLong();

	private volatile boolean closed;

	MessageFlow(TestDatabase database, DeliveryLedger ledger, List<String> channels) {
		this.database = database;
		this.ledger = ledger;
		this.channels = channels;
		Thread thread = new Thread(this::run, "message-flow");
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * How many messages each of the channels has been sent at least.
	 */
	long rounds() {
		return this.sent.get() / this.channels.size();
	}

	/**
	 * Waits until as many more are committed on each channel.
	 */
	void awaitMore(int rounds) {
		long target = rounds() + rounds;
		Awaitility.await().until(() -> this.ended.isDone() || rounds() > target);
	}

	/**
	 * Ends when each channel was sent the same number of messages.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.ended.join();
	}

	private void run() {
		try (Connection connection = this.database.dataSource().getConnection();
				PreparedStatement statement = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
			for (long sequence = 0; !this.closed; sequence++) {
				for (String channel : this.channels) {
					this.ledger.attempted(channel, sequence);
					statement.setString(1, channel);
					statement.setString(2, String.valueOf(sequence));
					statement.execute();
					this.ledger.sent(channel, sequence);
					this.sent.incrementAndGet();
					LockSupport.parkNanos(1_000_000);
				}
			}
			this.ended.complete(null);
		}
		catch (SQLException | RuntimeException ex) {
			this.ended.completeExceptionally(ex);
		}
	}

}
