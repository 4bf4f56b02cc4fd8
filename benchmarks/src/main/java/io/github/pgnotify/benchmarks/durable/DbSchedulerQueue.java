package io.github.pgnotify.benchmarks.durable;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Payloads;

/**
 * Tasks of db-scheduler, to be run at once: lock-and-fetch and immediate execution, as
 * its documentation recommends for throughput.
 */
final class DbSchedulerQueue implements QueueContender {

	private static final String SCHEMA = "bench_scheduler";

	private static final int THREADS = 16;

	private static final String TABLES = """
			CREATE TABLE scheduled_tasks (
				task_name text NOT NULL,
				task_instance text NOT NULL,
				task_data bytea,
				execution_time timestamp with time zone NOT NULL,
				picked boolean NOT NULL,
				picked_by text,
				last_success timestamp with time zone,
				last_failure timestamp with time zone,
				consecutive_failures int,
				last_heartbeat timestamp with time zone,
				version bigint NOT NULL,
				priority smallint,
				PRIMARY KEY (task_name, task_instance));
			CREATE INDEX execution_time_idx ON scheduled_tasks (execution_time);
			CREATE INDEX last_heartbeat_idx ON scheduled_tasks (last_heartbeat);
			CREATE INDEX priority_execution_time_idx ON scheduled_tasks (priority DESC, execution_time ASC)""";

	@Override
	public String name() {
		return "db-scheduler";
	}

	@Override
	public int drainRate() {
		return 8_000;
	}

	@Override
	public String table() {
		return SCHEMA + ".scheduled_tasks";
	}

	@Override
	public RunningQueue open(QueueSetup setup) throws SQLException {
		setup.database().createSchema(SCHEMA);
		Database database = setup.database().with("currentSchema", SCHEMA);
		database.execute(TABLES);
		return new Running(database, setup, true);
	}

	@Override
	public RunningQueue join(QueueSetup setup) {
		return new Running(setup.database().with("currentSchema", SCHEMA), setup, false);
	}

	/**
	 * A scheduler in its schema.
	 */
	private static final class Running implements RunningQueue {

		private final Database database;

		private final boolean owner;

		private final HikariDataSource pool;

		private final OneTimeTask<String> task;

		private final Scheduler scheduler;

		private final AtomicLong names = new AtomicLong();

		private Running(Database database, QueueSetup setup, boolean owner) {
			this.database = database;
			this.owner = owner;
			this.pool = database.pool(setup.senders() + THREADS + 4);
			this.task = Tasks.oneTime("bench", String.class)
				.execute((instance, context) -> setup.handler().accept(instance.getData()));
			this.scheduler = Scheduler.create(this.pool, this.task)
				.threads(THREADS)
				.pollUsingLockAndFetch(1.0, 4.0)
				.pollingInterval(Duration.ofMillis(100))
				.enableImmediateExecution()
				.serializer(new Text())
				.shutdownMaxWait(Duration.ofSeconds(5))
				.build();
		}

		@Override
		public void fill(int count) {
			List<TaskInstance<?>> instances = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				instances.add(instance(Payloads.text(i)));
				if (instances.size() == 1000 || i == count - 1) {
					this.scheduler.scheduleBatch(instances, Instant.now());
					instances.clear();
				}
			}
		}

		@Override
		public void begin() {
			this.scheduler.start();
		}

		@Override
		public Sender sender() {
			return new Sender() {

				@Override
				public void send(String payload) {
					Running.this.scheduler.schedule(instance(payload), Instant.now());
				}

				@Override
				public void sendAll(List<String> payloads) {
					List<TaskInstance<?>> instances = new ArrayList<>(payloads.size());
					payloads.forEach((payload) -> instances.add(instance(payload)));
					Running.this.scheduler.scheduleBatch(instances, Instant.now());
				}

			};
		}

		@Override
		public void close() throws SQLException {
			this.scheduler.stop();
			this.pool.close();
			if (this.owner) {
				this.database.dropSchema(SCHEMA);
			}
		}

		private TaskInstance<String> instance(String payload) {
			return this.task.instance(Long.toString(this.names.getAndIncrement()), payload);
		}

	}

	/**
	 * Cheaper than Java's serialization, the default.
	 */
	private static final class Text implements Serializer {

		@Override
		public byte[] serialize(Object data) {
			return String.valueOf(data).getBytes(StandardCharsets.UTF_8);
		}

		@Override
		public <T> T deserialize(Class<T> type, byte[] data) {
			return type.cast(new String(data, StandardCharsets.UTF_8));
		}

	}

}
