package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Stores messages from several threads, each with a number of its own as its payload, and
 * keeps account of which are committed and of which nobody knows.
 */
final class ProducerLog implements AutoCloseable {

	private final DataSource dataSource;

	private final Set<Long> attempted = ConcurrentHashMap.newKeySet();

	private final Set<Long> committed = ConcurrentHashMap.newKeySet();

	private final AtomicLong numbers = new AtomicLong();

	private final AtomicBoolean stopped = new AtomicBoolean();

	private final Thread[] threads;

	ProducerLog(DataSource dataSource, int threads, Duration pause) {
		this.dataSource = dataSource;
		this.threads = new Thread[threads];
		for (int i = 0; i < threads; i++) {
			this.threads[i] = new Thread(() -> produce(pause), "producer-" + i);
			this.threads[i].setDaemon(true);
		}
	}

	ProducerLog start() {
		for (Thread thread : this.threads) {
			thread.start();
		}
		return this;
	}

	Set<Long> attempted() {
		return this.attempted;
	}

	Set<Long> committed() {
		return this.committed;
	}

	private void produce(Duration pause) {
		while (!this.stopped.get()) {
			try (Connection connection = this.dataSource.getConnection();
					PreparedStatement statement = connection.prepareStatement(
							"INSERT INTO queue.message (channel, data, announce) VALUES ('orders', to_json(?), false)")) {
				while (!this.stopped.get()) {
					store(statement);
					LockSupport.parkNanos(pause.toNanos());
				}
			}
			catch (SQLException ex) {
				LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
			}
		}
	}

	private void store(PreparedStatement statement) throws SQLException {
		long number = this.numbers.incrementAndGet();
		this.attempted.add(number);
		statement.setLong(1, number);
		statement.executeUpdate();
		this.committed.add(number);
	}

	void stop() throws InterruptedException {
		this.stopped.set(true);
		for (Thread thread : this.threads) {
			thread.join(60_000);
		}
	}

	@Override
	public void close() {
		this.stopped.set(true);
	}

	/**
	 * Stores one message with a number of the caller's choice.
	 */
	void store(long number, @Nullable String channel) throws SQLException {
		this.attempted.add(number);
		try (Connection connection = this.dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement(
						"INSERT INTO queue.message (channel, data, announce) VALUES (?, to_json(?), false)")) {
			statement.setString(1, (channel != null) ? channel : "orders");
			statement.setLong(2, number);
			statement.executeUpdate();
		}
		this.committed.add(number);
	}

}
