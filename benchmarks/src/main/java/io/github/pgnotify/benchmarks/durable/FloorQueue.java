package io.github.pgnotify.benchmarks.durable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Payloads;

/**
 * A queue as one would write it by hand: each thread keeps its connection and its
 * statements, messages are claimed and ended many at a time, and a sender wakes the
 * handlers up within the process, after it has committed. No retries, no dead letters, no
 * fencing, no takeover from the dead, no other processes.
 */
record FloorQueue(FloorShape shape, boolean transactional, String name) implements QueueContender {

	private static final int PREFETCH = 100;

	private static final int LEAST_PREFETCH = 10;

	FloorQueue(FloorShape shape) {
		this(shape, false, shape.name());
	}

	@Override
	public String table() {
		return FloorShape.SCHEMA + "." + this.shape.table();
	}

	@Override
	public int drainRate() {
		return this.transactional ? 4_000 : 50_000;
	}

	@Override
	public RunningQueue open(QueueSetup setup) throws SQLException {
		setup.database().dropSchema(FloorShape.SCHEMA);
		setup.database().execute(this.shape.create(setup.groups()));
		return new Running(setup.database().with("currentSchema", FloorShape.SCHEMA), consumers(setup));
	}

	private List<FloorConsumer> consumers(QueueSetup setup) {
		Database database = setup.database().with("currentSchema", FloorShape.SCHEMA);
		int prefetch = (setup.prefetch() > 0) ? setup.prefetch()
				: Math.max(LEAST_PREFETCH, PREFETCH / setup.handlers());
		List<FloorConsumer> consumers = new ArrayList<>();
		for (int group = 1; group <= setup.groups(); group++) {
			for (int i = 0; i < setup.handlers(); i++) {
				consumers
					.add(new FloorConsumer(this.shape, database, group, prefetch, this.transactional, setup.handler()));
			}
		}
		return consumers;
	}

	/**
	 * A queue in its schema.
	 */
	private final class Running implements RunningQueue {

		private final Database database;

		private final List<FloorConsumer> consumers;

		private Running(Database database, List<FloorConsumer> consumers) {
			this.database = database;
			this.consumers = consumers;
		}

		@Override
		public void fill(int count) throws SQLException {
			try (Connection connection = this.database.connect();
					PreparedStatement statement = connection.prepareStatement(FloorQueue.this.shape.fill())) {
				statement.setInt(1, count);
				statement.executeUpdate();
			}
		}

		@Override
		public void begin() {
			this.consumers.forEach(FloorConsumer::start);
		}

		@Override
		public Sender sender() throws SQLException {
			return new FloorSender(FloorQueue.this.shape, this.database.connect(), this.consumers);
		}

		@Override
		public void close() throws SQLException {
			this.consumers.forEach(FloorConsumer::stop);
			this.database.dropSchema(FloorShape.SCHEMA);
		}

	}

	/**
	 * Sends over a connection that it keeps.
	 */
	private static final class FloorSender implements RunningQueue.Sender {

		private final Connection connection;

		private final PreparedStatement insert;

		private final PreparedStatement insertAll;

		private final List<FloorConsumer> consumers;

		private FloorSender(FloorShape shape, Connection connection, List<FloorConsumer> consumers)
				throws SQLException {
			this.connection = connection;
			this.insert = connection.prepareStatement(shape.insert());
			this.insertAll = connection.prepareStatement(shape.insertAll());
			this.consumers = consumers;
		}

		@Override
		public void send(String payload) throws SQLException {
			this.insert.setString(1, Payloads.json(payload));
			this.insert.executeUpdate();
			this.consumers.forEach(FloorConsumer::signal);
		}

		@Override
		public void sendAll(List<String> payloads) throws SQLException {
			this.insertAll.setArray(1,
					this.connection.createArrayOf("text", payloads.stream().map(Payloads::json).toArray()));
			this.insertAll.executeUpdate();
			this.consumers.forEach(FloorConsumer::signal);
		}

		@Override
		public void close() throws SQLException {
			this.connection.close();
		}

	}

}
