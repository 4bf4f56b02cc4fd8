package io.github.pgnotify.benchmarks.live;

import com.zaxxer.hikari.HikariDataSource;

/**
 * Nobody listens, and the driver's own statements send over connections of a pool.
 */
final class PooledSender implements LiveContender {

	@Override
	public String name() {
		return DriverLoop.NAME;
	}

	@Override
	public Listening open(LiveSetup setup) {
		HikariDataSource pool = setup.database().pool(setup.senders());
		return new Listening() {

			@Override
			public Publisher publisher() {
				return new PooledPublisher(pool);
			}

			@Override
			public void close() {
				pool.close();
			}

		};
	}

}
