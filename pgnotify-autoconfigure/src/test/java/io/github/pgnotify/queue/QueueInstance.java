package io.github.pgnotify.queue;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.lifecycle.DaemonThreads;

import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * An instance of which something is unusual.
 */
final class QueueInstance {

	private final QueueHarness queue;

	private DataSource dataSource;

	private PgListenerConnectionSource source;

	private Executor executor = DaemonThreads.many("listener");

	private boolean hearing;

	private QueueSettings settings = QueueHarness.settings();

	QueueInstance(QueueHarness queue) {
		this.queue = queue;
		this.dataSource = queue.dataSource();
		this.source = queue.dataSource()::getConnection;
	}

	/**
	 * Where the queue's own connections come from.
	 */
	QueueInstance source(PgListenerConnectionSource connections) {
		this.source = connections;
		return this;
	}

	/**
	 * The application's connections.
	 */
	QueueInstance dataSource(DataSource connections) {
		this.dataSource = connections;
		return this;
	}

	QueueInstance executor(Executor listeners) {
		this.executor = listeners;
		return this;
	}

	QueueInstance settings(QueueSettings changed) {
		this.settings = changed;
		return this;
	}

	/**
	 * Whether it believes that it hears wake-ups.
	 */
	QueueInstance hearing(boolean believes) {
		this.hearing = believes;
		return this;
	}

	QueueConsumers build() {
		QueueConsumers instance = new QueueConsumers(this.dataSource, this.source, "queue", this.settings,
				List.of(new JdbcTransactionManager(this.dataSource)), new Deaf(this.hearing), this.executor);
		instance.setApplicationEventPublisher(this.queue.events()::add);
		return instance;
	}

	/**
	 * Hears nothing.
	 */
	private record Deaf(boolean hearing) implements WakeUpSource {

		@Override
		public void hear(ChannelName channel, Consumer<PgNotification> wakeUp, Runnable gap) {
		}

		@Override
		public boolean isHearing() {
			return this.hearing;
		}

	}

}
