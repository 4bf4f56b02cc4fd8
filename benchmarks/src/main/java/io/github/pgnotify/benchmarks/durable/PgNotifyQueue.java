package io.github.pgnotify.benchmarks.durable;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.StartPosition;
import io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration;
import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Payloads;
import io.github.pgnotify.queue.QueueConsumers;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/**
 * The library as an application has it: auto-configured, with its defaults unless the
 * contest is about another setting.
 */
record PgNotifyQueue(AckMode ack, String name) implements QueueContender {

	static final String NAME = "pgnotify";

	private static final String SCHEMA = "bench_pgnotify";

	private static final ChannelName CHANNEL = ChannelName.of("bench");

	private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

	PgNotifyQueue() {
		this(AckMode.AT_LEAST_ONCE, NAME);
	}

	@Override
	public boolean transactional() {
		return this.ack == AckMode.TRANSACTIONAL;
	}

	@Override
	public String table() {
		return SCHEMA + ".delivery";
	}

	@Override
	public int drainRate() {
		return transactional() ? 4_000 : 50_000;
	}

	@Override
	public RunningQueue open(QueueSetup setup) throws SQLException {
		setup.database().dropSchema(SCHEMA);
		return run(setup, true);
	}

	@Override
	public RunningQueue join(QueueSetup setup) throws SQLException {
		return run(setup, false);
	}

	private RunningQueue run(QueueSetup setup, boolean owner) throws SQLException {
		Database database = setup.database();
		int pool = setup.senders() + (transactional() ? setup.handlers() : 0);
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.logStartupInfo(false)
			.registerShutdownHook(false)
			.initializers((created) -> ((GenericApplicationContext) created).registerBean(Listener.class,
					() -> listener(setup)))
			.properties(Map.of("spring.datasource.url", database.url(), "spring.datasource.username", database.user(),
					"spring.datasource.password", database.password(), "spring.datasource.hikari.maximum-pool-size",
					pool, "pgnotify.schema", SCHEMA, "bench.concurrency", setup.handlers()))
			.properties(
					(setup.prefetch() > 0) ? Map.of("pgnotify.queue.prefetch.messages", setup.prefetch()) : Map.of())
			.run();
		try {
			return new Running(setup, owner, context, consumers(setup, context));
		}
		catch (SQLException | RuntimeException ex) {
			context.close();
			throw ex;
		}
	}

	private Listener listener(QueueSetup setup) {
		return transactional() ? new TransactionalListener(setup.handler()) : new AtLeastOnceListener(setup.handler());
	}

	private QueueConsumers consumers(QueueSetup setup, ConfigurableApplicationContext context) throws SQLException {
		QueueConsumers consumers = context.getBean(QueueConsumers.class);
		for (int group = 2; group <= setup.groups(); group++) {
			consumers.add(new GroupConsumer("bench" + group, Set.of(CHANNEL), "bench" + group, StartPosition.EARLIEST,
					this.ack, setup.handlers(), 1, null, null, (messages) -> messages
						.forEach((message) -> setup.handler().accept(String.valueOf(message.data())))));
		}
		awaitActive(setup.database(), setup.groups());
		consumers.stop();
		return consumers;
	}

	private static void awaitActive(Database database, int groups) throws SQLException {
		long deadline = System.nanoTime() + PATIENCE_NANOS;
		String expected = Integer.toString(groups);
		while (!database.queryForString("SELECT count(*) FROM " + SCHEMA + ".subscription WHERE state = 'active'")
			.equals(expected)) {
			if (System.nanoTime() - deadline > 0) {
				throw new IllegalStateException("The group does not become active");
			}
			LockSupport.parkNanos(5_000_000);
		}
	}

	/**
	 * An application.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
			TransactionAutoConfiguration.class, JdbcTemplateAutoConfiguration.class, JacksonAutoConfiguration.class,
			PgNotifyAutoConfiguration.class })
	static class Application {

	}

	/**
	 * What is called for each message.
	 */
	private abstract static class Listener {

		private final Consumer<String> handler;

		Listener(Consumer<String> handler) {
			this.handler = handler;
		}

		final void handle(String payload) {
			this.handler.accept(payload);
		}

	}

	private static final class AtLeastOnceListener extends Listener {

		AtLeastOnceListener(Consumer<String> handler) {
			super(handler);
		}

		@PgListener(channels = "bench", group = "bench1", concurrency = "${bench.concurrency}")
		void receive(String payload) {
			handle(payload);
		}

	}

	private static final class TransactionalListener extends Listener {

		TransactionalListener(Consumer<String> handler) {
			super(handler);
		}

		@PgListener(channels = "bench", group = "bench1", concurrency = "${bench.concurrency}",
				ack = AckMode.TRANSACTIONAL)
		void receive(String payload) {
			handle(payload);
		}

	}

	/**
	 * A running application.
	 */
	private static final class Running implements RunningQueue {

		private final QueueSetup setup;

		private final boolean owner;

		private final ConfigurableApplicationContext context;

		private final QueueConsumers consumers;

		private Running(QueueSetup setup, boolean owner, ConfigurableApplicationContext context,
				QueueConsumers consumers) {
			this.setup = setup;
			this.owner = owner;
			this.context = context;
			this.consumers = consumers;
		}

		@Override
		public void fill(int count) throws SQLException {
			String key = (this.setup.keys() > 0) ? "'key-' || n % " + this.setup.keys() : "NULL";
			this.setup.database()
				.execute("INSERT INTO " + SCHEMA + ".message (channel, key, data, announce) SELECT 'bench', " + key
						+ ", " + Payloads.SQL + ", false FROM generate_series(0, " + count + " - 1) AS n");
		}

		@Override
		public void begin() {
			this.consumers.start();
		}

		@Override
		public Sender sender() {
			PgNotifyOperations template = this.context.getBean(PgNotifyOperations.class);
			return (this.setup.keys() > 0) ? new KeyedSender(template, this.setup.keys())
					: new TemplateSender(template);
		}

		@Override
		public void close() throws SQLException {
			this.context.close();
			if (this.owner) {
				this.setup.database().dropSchema(SCHEMA);
			}
		}

	}

	private record TemplateSender(PgNotifyOperations template) implements RunningQueue.Sender {

		@Override
		public void send(String payload) {
			this.template.enqueue("bench", payload);
		}

		@Override
		public void sendAll(List<String> payloads) {
			this.template.enqueueAll("bench", payloads);
		}

	}

	private record KeyedSender(PgNotifyOperations template, int keys) implements RunningQueue.Sender {

		@Override
		public void send(String payload) {
			int key = ThreadLocalRandom.current().nextInt(this.keys);
			this.template.enqueue(OutgoingMessage.of("bench", payload).key("key-" + key));
		}

	}

}
