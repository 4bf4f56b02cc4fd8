package io.github.pgnotify.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

import com.zaxxer.hikari.HikariDataSource;
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
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Spring Integration's channel on a table, whose trigger notifies its subscribers. Each
 * message is handled in a transaction of its own, which removes it.
 */
public final class SpringIntegrationChannel implements AutoCloseable {

	/** Whose it is, in tables. */
	public static final String NAME = "Spring Integration";

	private static final String SCHEMA = "bench_integration";

	/** The table with the messages, with its schema. */
	public static final String TABLE = SCHEMA + ".int_channel_message";

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

	private final int handlers;

	private final HikariDataSource pool;

	private final ExecutorService executor;

	private final PostgresChannelMessageTableSubscriber subscriber;

	private final PostgresSubscribableChannel channel;

	private final TransactionTemplate transaction;

	/**
	 * Opens the channel.
	 * @param database where its schema is
	 * @param senders how many threads send
	 * @param handlers how many messages are handled at a time, at least; its queries want
	 * some
	 */
	public SpringIntegrationChannel(Database database, int senders, int handlers) {
		Database own = database.with("currentSchema", SCHEMA);
		this.handlers = Math.max(LEAST_HANDLERS, handlers);
		this.pool = own.pool(senders + this.handlers);
		this.executor = Executors.newFixedThreadPool(this.handlers);
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(this.pool);
		this.transaction = new TransactionTemplate(transactionManager);
		JdbcChannelMessageStore store = new JdbcChannelMessageStore(this.pool);
		store.setChannelMessageStoreQueryProvider(new PostgresChannelMessageStoreQueryProvider());
		store.afterPropertiesSet();
		this.subscriber = new PostgresChannelMessageTableSubscriber(() -> own.connect().unwrap(PgConnection.class));
		this.channel = new PostgresSubscribableChannel(store, "bench", this.subscriber);
		this.channel.setBeanFactory(new DefaultListableBeanFactory());
		this.channel.setDispatcherExecutor(this.executor);
		this.channel.setTransactionManager(transactionManager);
		this.channel.afterPropertiesSet();
	}

	/**
	 * Makes an empty schema.
	 */
	public static void createSchema(Database database) throws SQLException {
		database.createSchema(SCHEMA);
		Database own = database.with("currentSchema", SCHEMA);
		try (Connection connection = own.connect()) {
			ScriptUtils.executeSqlScript(connection,
					new ClassPathResource("org/springframework/integration/jdbc/schema-postgresql.sql"));
		}
		own.execute(TRIGGER);
	}

	/**
	 * Drops the schema.
	 */
	public static void dropSchema(Database database) throws SQLException {
		database.dropSchema(SCHEMA);
	}

	/**
	 * Begins to handle messages.
	 * @param handler gets the payload
	 */
	public void subscribe(Consumer<String> handler) {
		this.subscriber.start();
		this.channel.subscribe((message) -> handler.accept((String) message.getPayload()));
		for (int i = 0; i < this.handlers; i++) {
			// One thread for each: it goes on until the channel is empty
			this.channel.notifyUpdate();
		}
	}

	/**
	 * Sends a message.
	 */
	public void send(String payload) {
		this.channel.send(new GenericMessage<>(payload));
	}

	/**
	 * Sends messages in one transaction, one by one: there is no other way.
	 */
	public void sendAll(List<String> payloads) {
		this.transaction.executeWithoutResult((status) -> payloads.forEach(this::send));
	}

	@Override
	public void close() {
		this.subscriber.stop();
		Threads.end(this.executor);
		this.pool.close();
	}

}
