package io.github.pgnotify.benchmarks.durable;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.benchmarks.Database;
import org.postgresql.jdbc.PgConnection;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.io.ClassPathResource;
import org.springframework.integration.jdbc.channel.PostgresChannelMessageTableSubscriber;
import org.springframework.integration.jdbc.channel.PostgresSubscribableChannel;
import org.springframework.integration.jdbc.store.JdbcChannelMessageStore;
import org.springframework.integration.jdbc.store.channel.PostgresChannelMessageStoreQueryProvider;
import org.springframework.jdbc.datasource.init.ScriptUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.messaging.support.GenericMessage;

/**
 * Spring Integration's channel on a table, whose trigger notifies its subscribers. Each
 * message is handled in a transaction of its own, which removes it.
 */
final class SpringIntegrationQueue implements QueueContender {

	static final String NAME = "Spring Integration";

	private static final String SCHEMA = "bench_integration";

	private static final int LEAST_HANDLERS = 4;

	/** As its documentation says. */
	private static final String TRIGGER = """
			CREATE FUNCTION INT_CHANNEL_MESSAGE_NOTIFY_FCT() RETURNS TRIGGER AS $BODY$
			BEGIN
				PERFORM pg_notify('int_channel_message_notify', NEW.REGION || ' ' || NEW.GROUP_KEY);
				RETURN NEW;
			END $BODY$ LANGUAGE PLPGSQL;
			CREATE TRIGGER INT_CHANNEL_MESSAGE_NOTIFY_TRG AFTER INSERT ON INT_CHANNEL_MESSAGE
			FOR EACH ROW EXECUTE PROCEDURE INT_CHANNEL_MESSAGE_NOTIFY_FCT()""";

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public int drainRate() {
		return 3_000;
	}

	@Override
	public RunningQueue open(QueueSetup setup) throws SQLException {
		setup.database().createSchema(SCHEMA);
		Database database = setup.database().with("currentSchema", SCHEMA);
		try (Connection connection = database.connect()) {
			ScriptUtils.executeSqlScript(connection,
					new ClassPathResource("org/springframework/integration/jdbc/schema-postgresql.sql"));
		}
		database.execute(TRIGGER);
		return new Running(database, setup);
	}

	/**
	 * A channel in its schema.
	 */
	private static final class Running implements RunningQueue {

		private final Database database;

		private final QueueSetup setup;

		private final int handlers;

		private final HikariDataSource pool;

		private final ExecutorService executor;

		private final PostgresChannelMessageTableSubscriber subscriber;

		private final PostgresSubscribableChannel channel;

		private Running(Database database, QueueSetup setup) {
			this.database = database;
			this.setup = setup;
			this.handlers = Math.max(LEAST_HANDLERS, setup.handlers());
			this.pool = database.pool(setup.senders() + this.handlers);
			this.executor = Executors.newFixedThreadPool(this.handlers);
			JdbcChannelMessageStore store = new JdbcChannelMessageStore(this.pool);
			store.setChannelMessageStoreQueryProvider(new PostgresChannelMessageStoreQueryProvider());
			store.afterPropertiesSet();
			this.subscriber = new PostgresChannelMessageTableSubscriber(
					() -> database.connect().unwrap(PgConnection.class));
			this.channel = new PostgresSubscribableChannel(store, "bench", this.subscriber);
			this.channel.setBeanFactory(new DefaultListableBeanFactory());
			this.channel.setDispatcherExecutor(this.executor);
			this.channel.setTransactionManager(new JdbcTransactionManager(this.pool));
			this.channel.afterPropertiesSet();
		}

		@Override
		public void fill(int count) {
			for (int i = 0; i < count; i++) {
				this.channel.send(new GenericMessage<>(Payloads.text(i)));
			}
		}

		@Override
		public void begin() {
			this.subscriber.start();
			this.channel.subscribe((message) -> this.setup.handler().accept((String) message.getPayload()));
			for (int i = 0; i < this.handlers; i++) {
				// One thread for each: it goes on until the channel is empty
				this.channel.notifyUpdate();
			}
		}

		@Override
		public Sender sender() {
			return (payload) -> this.channel.send(new GenericMessage<>(payload));
		}

		@Override
		public void close() throws SQLException {
			this.subscriber.stop();
			Threads.end(this.executor);
			this.pool.close();
			this.database.dropSchema(SCHEMA);
		}

	}

}
