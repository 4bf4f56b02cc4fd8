package io.github.pgnotify.benchmarks.tables;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;
import org.postgresql.PGConnection;

/**
 * Threads insert rows, each statement a transaction, while one session listens.
 *
 * @param database where
 * @param trigger what is on the table
 * @param writers how many threads
 * @param rows how many rows in a statement
 */
record WriteRows(Database database, WriteTrigger trigger, int writers, int rows) implements Trial {

	static final String SCHEMA = "bench_tables";

	static final String TABLE = "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price int NOT NULL";

	static final String INSERT = "INSERT INTO bench_tables.%s (name, price) "
			+ "SELECT 'a name of some length', n FROM generate_series(1, ?) AS n";

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		this.database.createSchema(SCHEMA);
		this.database.execute("CREATE TABLE bench_tables.item (" + TABLE + ")");
		this.trigger.install(this.database, "item");
		ExecutorService threads = Executors.newCachedThreadPool();
		try (Connection listener = this.database.connect(); Statement listen = listener.createStatement()) {
			listen.execute("LISTEN " + SCHEMA);
			threads.submit(() -> drain(listener));
			this.database.settle();
			long begin = System.nanoTime();
			long end = begin + pace.time().toNanos();
			List<Future<Long>> written = new ArrayList<>();
			for (int i = 0; i < this.writers; i++) {
				written.add(threads.submit((Callable<Long>) () -> write(end)));
			}
			long sum = 0;
			for (Future<Long> writer : written) {
				sum += writer.get();
			}
			double seconds = (System.nanoTime() - begin) / 1e9;
			check(sum);
			return Map.of(Metric.ROWS, sum / seconds);
		}
		finally {
			threads.shutdownNow();
			this.database.dropSchema(SCHEMA);
		}
	}

	private long write(long end) throws SQLException {
		try (Connection connection = this.database.connect();
				PreparedStatement insert = connection.prepareStatement(INSERT.formatted("item"))) {
			insert.setInt(1, this.rows);
			long written = 0;
			while (System.nanoTime() < end) {
				written += insert.executeUpdate();
			}
			return written;
		}
	}

	private void check(long written) throws SQLException {
		String there = this.database.queryForString("SELECT count(*) FROM bench_tables.item");
		if (Long.parseLong(there) != written) {
			throw new IllegalStateException(written + " rows were written, and " + there + " are there");
		}
	}

	static Void drain(Connection listener) throws SQLException {
		PGConnection connection = listener.unwrap(PGConnection.class);
		while (!listener.isClosed()) {
			connection.getNotifications(50);
		}
		return null;
	}

}
