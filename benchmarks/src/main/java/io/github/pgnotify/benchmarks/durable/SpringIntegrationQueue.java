package io.github.pgnotify.benchmarks.durable;

import java.sql.SQLException;
import java.util.stream.IntStream;

import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.benchmarks.SpringIntegrationChannel;

/**
 * Spring Integration's channel on a table.
 */
final class SpringIntegrationQueue implements QueueContender {

	private static final int BATCH = 1_000;

	@Override
	public String name() {
		return SpringIntegrationChannel.NAME;
	}

	@Override
	public int drainRate() {
		return 3_000;
	}

	@Override
	public boolean transactional() {
		return true;
	}

	@Override
	public String table() {
		return SpringIntegrationChannel.TABLE;
	}

	@Override
	public RunningQueue open(QueueSetup setup) throws SQLException {
		SpringIntegrationChannel.createSchema(setup.database());
		return new Running(setup, true);
	}

	@Override
	public RunningQueue join(QueueSetup setup) {
		return new Running(setup, false);
	}

	/**
	 * A channel in its schema.
	 */
	private static final class Running implements RunningQueue {

		private final QueueSetup setup;

		private final boolean owner;

		private final SpringIntegrationChannel channel;

		private Running(QueueSetup setup, boolean owner) {
			this.setup = setup;
			this.owner = owner;
			this.channel = new SpringIntegrationChannel(setup.database(), setup.senders(), setup.handlers());
		}

		@Override
		public void fill(int count) {
			for (int begin = 0; begin < count; begin += BATCH) {
				this.channel
					.sendAll(IntStream.range(begin, Math.min(count, begin + BATCH)).mapToObj(Payloads::text).toList());
			}
		}

		@Override
		public void begin() {
			this.channel.subscribe(this.setup.handler());
		}

		@Override
		public Sender sender() {
			return this.channel::send;
		}

		@Override
		public void close() throws SQLException {
			this.channel.close();
			if (this.owner) {
				SpringIntegrationChannel.dropSchema(this.setup.database());
			}
		}

	}

}
