package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import javax.sql.DataSource;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.GroupConsumers.Handler;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.StartPosition;
import io.github.pgnotify.lifecycle.DaemonThreads;
import io.github.pgnotify.testsupport.TestDatabase;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.unit.DataSize;

/**
 * A queue on a test database, and any number of processes that consume it, as far as the
 * database can tell.
 */
final class QueueHarness implements AutoCloseable {

	static final ChannelName ORDERS = ChannelName.of("orders");

	private static final Executor EXECUTOR = DaemonThreads.many("listener");

	private final DataSource dataSource;

	private final List<QueueConsumers> instances = new ArrayList<>();

	private final ConcurrentLinkedQueue<Object> events = new ConcurrentLinkedQueue<>();

	private QueueSettings settings = settings();

	QueueHarness(TestDatabase database) {
		this(database.dataSource());
	}

	QueueHarness(DataSource dataSource) {
		this.dataSource = dataSource;
		new QueueSchema(this.dataSource, "queue").migrate();
	}

	static QueueSettings settings() {
		return new QueueSettings("test", Duration.ofSeconds(30), Duration.ofSeconds(5), 100, DataSize.ofMegabytes(8),
				RetryPolicy.builder().maxRetries(2).delay(Duration.ofMillis(10)).build(), Duration.ofDays(7),
				Duration.ofDays(30), Duration.ofSeconds(5));
	}

	static UnaryOperator<QueueSettings> lease(Duration lease) {
		return (settings) -> new QueueSettings(settings.name(), lease, settings.pollInterval(),
				settings.prefetchMessages(), settings.prefetchBytes(), settings.retryPolicy(), settings.retention(),
				settings.deadLetterRetention(), settings.shutdownGrace());
	}

	QueueHarness with(UnaryOperator<QueueSettings> change) {
		this.settings = change.apply(this.settings);
		return this;
	}

	DataSource dataSource() {
		return this.dataSource;
	}

	JdbcTemplate jdbc() {
		return new JdbcTemplate(this.dataSource);
	}

	ConcurrentLinkedQueue<Object> events() {
		return this.events;
	}

	/**
	 * Starts an instance with one consumer of a group.
	 */
	QueueConsumers start(String group, Handler handler) {
		return start(consumer(group, handler));
	}

	/**
	 * Starts an instance with consumers.
	 */
	QueueConsumers start(GroupConsumer... consumers) {
		return start(instance(), consumers);
	}

	private QueueConsumers start(QueueConsumers instance, GroupConsumer... consumers) {
		for (GroupConsumer consumer : consumers) {
			instance.add(consumer);
		}
		instance.start();
		return instance;
	}

	/**
	 * Starts an instance whose own connection is opened in another way.
	 */
	QueueConsumers start(PgListenerConnectionSource source, GroupConsumer... consumers) {
		return start(instance(this.dataSource, source, new Deaf()), consumers);
	}

	/**
	 * Starts an instance in an application that has another DataSource.
	 */
	QueueConsumers start(DataSource application, GroupConsumer... consumers) {
		return start(instance(application, this.dataSource::getConnection, new Deaf()), consumers);
	}

	/**
	 * Starts an instance whose transactions are managed in another way.
	 */
	QueueConsumers start(PlatformTransactionManager transactions, GroupConsumer... consumers) {
		return start(instance(this.dataSource, this.dataSource::getConnection, new Deaf(), transactions), consumers);
	}

	/**
	 * Makes an instance that is not started.
	 */
	QueueConsumers instance() {
		return instance(new Deaf());
	}

	QueueConsumers instance(WakeUpSource wakeUps) {
		return instance(this.dataSource, this.dataSource::getConnection, wakeUps);
	}

	private QueueConsumers instance(DataSource application, PgListenerConnectionSource source, WakeUpSource wakeUps) {
		return instance(application, source, wakeUps, new JdbcTransactionManager(application));
	}

	private QueueConsumers instance(DataSource application, PgListenerConnectionSource source, WakeUpSource wakeUps,
			PlatformTransactionManager transactions) {
		QueueConsumers instance = new QueueConsumers(application, source, "queue", this.settings, List.of(transactions),
				wakeUps, EXECUTOR);
		instance.setApplicationEventPublisher(this.events::add);
		this.instances.add(instance);
		return instance;
	}

	static GroupConsumer consumer(String group, Handler handler) {
		return consumer(group, AckMode.AT_LEAST_ONCE, 1, 1, handler);
	}

	static GroupConsumer consumer(String group, AckMode ack, int concurrency, int batchSize, Handler handler) {
		return new GroupConsumer(group + ".listener", Set.of(ORDERS), group, StartPosition.EARLIEST, ack, concurrency,
				batchSize, null, null, handler);
	}

	/**
	 * Stores messages as any program may, without a wake-up of anybody.
	 */
	void store(String... data) {
		for (String each : data) {
			jdbc().update("INSERT INTO queue.message (channel, data, announce) VALUES ('orders', ?::json, false)",
					each);
		}
	}

	long count(String table) {
		Long count = jdbc().queryForObject("SELECT count(*) FROM queue." + table, Long.class);
		return (count != null) ? count : -1;
	}

	@Override
	public void close() {
		this.instances.forEach(QueueConsumers::stop);
	}

	/**
	 * Hears nothing, so that all depends on looking.
	 */
	static final class Deaf implements WakeUpSource {

		@Override
		public void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap) {
		}

		@Override
		public boolean isHearing() {
			return false;
		}

	}

}
