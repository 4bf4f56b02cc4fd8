package io.github.pgnotify.benchmarks.tables;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * One thread inserts rows, each statement a transaction, by turns into a table with the
 * trigger and into one with that of the reference, while one session listens. What
 * disturbs the machine disturbs both within milliseconds: a ratio of a few hundredths can
 * be told where disks are shared.
 *
 * @param database where
 * @param trigger what is on the table
 * @param reference what is on the other
 * @param rows how many rows in a statement
 */
record WriteInTurns(Database database, WriteTrigger trigger, WriteTrigger reference, int rows) implements Trial {

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		this.database.createSchema(WriteRows.SCHEMA);
		for (String table : List.of("item", "other")) {
			this.database.execute("CREATE TABLE bench_tables." + table + " (" + WriteRows.TABLE + ")");
		}
		this.trigger.install(this.database, "item");
		this.reference.install(this.database, "other");
		ExecutorService threads = Executors.newCachedThreadPool();
		try (Connection listener = this.database.connect(); Statement listen = listener.createStatement()) {
			listen.execute("LISTEN " + WriteRows.SCHEMA);
			threads.submit(() -> WriteRows.drain(listener));
			this.database.settle();
			return write(System.nanoTime() + pace.times(2).time().toNanos());
		}
		finally {
			threads.shutdownNow();
			this.database.dropSchema(WriteRows.SCHEMA);
		}
	}

	private Map<Metric, Double> write(long end) throws SQLException {
		List<Long> ours = new ArrayList<>();
		List<Long> theirs = new ArrayList<>();
		try (Connection connection = this.database.connect();
				PreparedStatement item = connection.prepareStatement(WriteRows.INSERT.formatted("item"));
				PreparedStatement other = connection.prepareStatement(WriteRows.INSERT.formatted("other"))) {
			item.setInt(1, this.rows);
			other.setInt(1, this.rows);
			while (System.nanoTime() < end) {
				ours.add(time(item));
				theirs.add(time(other));
			}
		}
		double nanos = ours.stream().mapToLong(Long::longValue).sum();
		return Map.of(Metric.ROWS, ours.size() * this.rows / (nanos / 1e9), Metric.IN_TURNS,
				median(theirs) / median(ours));
	}

	private long time(PreparedStatement insert) throws SQLException {
		long begin = System.nanoTime();
		if (insert.executeUpdate() != this.rows) {
			throw new IllegalStateException("Rows are missing");
		}
		return System.nanoTime() - begin;
	}

	private static double median(List<Long> nanos) {
		return nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow();
	}

}
