package io.github.pgnotify.benchmarks.durable;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * Several instances have nothing to do: how many transactions each of them makes, which
 * are single statements then. Needs a database that nobody else uses.
 */
record Idle(QueueContender contender, QueueSetup setup, int instances) implements Trial {

	private static final String TRANSACTIONS = """
			SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()""";

	/** Servers tell what they have done once a second. */
	private static final Pace TOLD = new Pace(Duration.ofMillis(1_100));

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Deque<RunningQueue> running = new ArrayDeque<>();
		try (Connection connection = this.setup.database().connect()) {
			running.push(this.contender.open(this.setup));
			while (running.size() < this.instances) {
				running.push(this.contender.join(this.setup));
			}
			for (RunningQueue instance : running) {
				instance.begin();
			}
			TOLD.sleep();
			long before = transactions(connection);
			long begin = System.nanoTime();
			pace.sleep();
			long after = transactions(connection) - 1;
			double seconds = (System.nanoTime() - begin) / 1e9;
			return Map.of(Metric.STATEMENTS, (after - before) / seconds / this.instances);
		}
		finally {
			while (!running.isEmpty()) {
				running.pop().close();
			}
		}
	}

	private static long transactions(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(TRANSACTIONS)) {
			row.next();
			return row.getLong(1);
		}
	}

}
