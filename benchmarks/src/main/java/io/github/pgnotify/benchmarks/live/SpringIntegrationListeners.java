package io.github.pgnotify.benchmarks.live;

import java.sql.SQLException;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.SpringIntegrationChannel;

/**
 * Spring Integration's channel: no notification carries a message, but each one has it
 * read from a table, by one of those who subscribed.
 */
final class SpringIntegrationListeners implements LiveContender {

	@Override
	public String name() {
		return SpringIntegrationChannel.NAME;
	}

	@Override
	public Listening open(LiveSetup setup) throws SQLException {
		SpringIntegrationChannel.createSchema(setup.database());
		SpringIntegrationChannel channel = new SpringIntegrationChannel(setup.database(), setup.senders(), 1);
		channel.subscribe(setup.handler());
		return new Running(channel, setup.database());
	}

	/**
	 * A channel that is listened on.
	 */
	private record Running(SpringIntegrationChannel channel, Database database) implements Listening {

		@Override
		public Publisher publisher() {
			return this.channel::send;
		}

		@Override
		public void close() throws SQLException {
			this.channel.close();
			SpringIntegrationChannel.dropSchema(this.database);
		}

	}

}
