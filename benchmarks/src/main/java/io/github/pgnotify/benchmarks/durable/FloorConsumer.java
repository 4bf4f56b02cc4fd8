package io.github.pgnotify.benchmarks.durable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.github.pgnotify.benchmarks.Database;

/**
 * A thread that claims messages, handles them and ends them, over a connection of its
 * own.
 */
final class FloorConsumer implements Runnable {

	/** Plans are made while the table is empty, and must do when it is full. */
	private static final String SETTINGS = """
			SET jit = off;
			SET enable_seqscan = off;
			SET enable_bitmapscan = off;
			SET enable_hashjoin = off;
			SET enable_mergejoin = off;
			SET plan_cache_mode = force_generic_plan""";

	private static final long POLL_NANOS = 100_000_000;

	private final FloorShape shape;

	private final Database database;

	private final int group;

	private final int prefetch;

	private final boolean transactional;

	private final Consumer<String> handler;

	private final Thread thread = new Thread(this, "floor-consumer");

	private volatile boolean signaled;

	private volatile boolean stopped;

	FloorConsumer(FloorShape shape, Database database, int group, int prefetch, boolean transactional,
			Consumer<String> handler) {
		this.shape = shape;
		this.database = database;
		this.group = group;
		this.prefetch = prefetch;
		this.transactional = transactional;
		this.handler = handler;
	}

	void start() {
		this.thread.start();
	}

	void signal() {
		if (!this.signaled) {
			this.signaled = true;
			LockSupport.unpark(this.thread);
		}
	}

	@Override
	public void run() {
		try (Connection connection = this.database.connect(); Statement statement = connection.createStatement()) {
			statement.execute(SETTINGS);
			if (this.transactional) {
				connection.setAutoCommit(false);
				oneByOne(connection);
			}
			else {
				manyAtATime(connection);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Ends when what it is at is done.
	 */
	void stop() {
		this.stopped = true;
		LockSupport.unpark(this.thread);
		try {
			this.thread.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void manyAtATime(Connection connection) throws SQLException {
		try (PreparedStatement claim = connection.prepareStatement(this.shape.claim());
				PreparedStatement acknowledge = connection.prepareStatement(this.shape.acknowledge())) {
			claim.setInt(1, this.group);
			claim.setInt(2, this.group);
			claim.setInt(3, this.prefetch);
			acknowledge.setInt(1, this.group);
			List<Long> ids = new ArrayList<>();
			while (!this.stopped) {
				this.signaled = false;
				ids.clear();
				try (ResultSet rows = claim.executeQuery()) {
					while (rows.next()) {
						ids.add(rows.getLong(1));
						this.handler.accept(rows.getString(2));
					}
				}
				if (ids.isEmpty()) {
					idle();
				}
				else {
					acknowledge.setArray(2, connection.createArrayOf("bigint", ids.toArray()));
					acknowledge.executeUpdate();
				}
			}
		}
	}

	private void oneByOne(Connection connection) throws SQLException {
		try (PreparedStatement take = connection.prepareStatement(this.shape.take())) {
			take.setInt(1, this.group);
			take.setInt(2, this.group);
			while (!this.stopped) {
				this.signaled = false;
				boolean any;
				try (ResultSet row = take.executeQuery()) {
					any = row.next();
					if (any) {
						this.handler.accept(row.getString(1));
					}
				}
				connection.commit();
				if (!any) {
					idle();
				}
			}
		}
	}

	private void idle() {
		if (!this.signaled && !this.stopped) {
			LockSupport.parkNanos(this, POLL_NANOS);
		}
	}

}
