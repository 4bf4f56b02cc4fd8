package io.github.pgnotify.benchmarks.durable;

import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Payloads;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.scheduling.JobScheduler;
import org.jobrunr.server.BackgroundJobServer;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;
import org.jobrunr.utils.mapper.jackson3.Jackson3JsonMapper;

/**
 * Jobs of JobRunr, polled every 5 seconds: more often it refuses.
 */
final class JobRunrQueue implements QueueContender {

	private static final String SCHEMA = "bench_jobrunr";

	private static final int WORKERS = 16;

	@Override
	public String name() {
		return "JobRunr";
	}

	@Override
	public int drainRate() {
		return 1_000;
	}

	@Override
	public RunningQueue open(QueueSetup setup) throws SQLException {
		setup.database().createSchema(SCHEMA);
		JobRunrJob.handler(setup.handler());
		return new Running(setup.database().with("currentSchema", SCHEMA), setup);
	}

	/**
	 * JobRunr in its schema.
	 */
	private static final class Running implements RunningQueue {

		private final Database database;

		private final HikariDataSource pool;

		private final BackgroundJobServer server;

		private final JobScheduler scheduler;

		private Running(Database database, QueueSetup setup) {
			this.database = database;
			this.pool = database.pool(setup.senders() + WORKERS);
			BackgroundJobServerConfiguration configuration = BackgroundJobServerConfiguration
				.usingStandardBackgroundJobServerConfiguration()
				.andWorkerCount(WORKERS)
				.andPollInterval(Duration.ofSeconds(5));
			this.scheduler = JobRunr.configure()
				.useJsonMapper(new Jackson3JsonMapper())
				.useStorageProvider(new PostgresStorageProvider(this.pool))
				.useBackgroundJobServer(configuration, false)
				.initialize()
				.getJobScheduler();
			this.server = JobRunr.getBackgroundJobServer();
		}

		@Override
		public void fill(int count) {
			this.scheduler.enqueue(IntStream.range(0, count).mapToObj(Payloads::text),
					(payload) -> JobRunrJob.handle(payload));
		}

		@Override
		public void begin() {
			this.server.start();
		}

		@Override
		public Sender sender() {
			return (payload) -> this.scheduler.enqueue(() -> JobRunrJob.handle(payload));
		}

		@Override
		public void close() throws SQLException {
			this.server.stop();
			JobRunr.destroy();
			this.pool.close();
			this.database.dropSchema(SCHEMA);
		}

	}

}
