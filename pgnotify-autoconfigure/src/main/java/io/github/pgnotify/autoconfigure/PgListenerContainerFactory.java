package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.connection.DirectDataSource;
import io.github.pgnotify.connection.ListeningConnection;
import io.github.pgnotify.connection.ListeningSettings;
import io.github.pgnotify.lifecycle.Backoff;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.listener.PgListenerContainerSettings;
import io.github.pgnotify.listener.PgListenerContainerSettings.Capacity;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Creates containers as {@code pgnotify.listener.*} says: for applications that listen on
 * more than one database. <pre class="code">
 * &#64;Bean
 * PgListenerContainer reporting(PgListenerContainerFactory factory, &#64;Qualifier("reporting") DataSource dataSource) {
 *     return factory.create("reporting", dataSource);
 * }
 *
 * &#64;PgListener(channels = "reports", container = "reporting")
 * void finished(Report report) { ... }
 * </pre>
 *
 * @since 0.1.0
 */
public final class PgListenerContainerFactory {

	private final PgNotifyProperties.Listener properties;

	private final Executor executor;

	private final DirectDataSourceDeriver deriver;

	PgListenerContainerFactory(PgNotifyProperties.Listener properties, Environment environment,
			DirectDataSourceDeriver deriver) {
		this.properties = properties;
		this.executor = Threading.VIRTUAL.isActive(environment) ? new VirtualThreadTaskExecutor("pgnotify-listener-")
				: platformThreads();
		this.deriver = deriver;
	}

	/**
	 * Creates a container that listens on the database of a DataSource, over connections
	 * of its own. Payloads that do not fit into a notification are not heard.
	 * @param name ends the names of its threads
	 * @param dataSource tells how to connect
	 * @return a container, to be a bean
	 * @throws io.github.pgnotify.PgNotifyStartupException if the DataSource does not tell
	 * how it connects
	 */
	public PgListenerContainer create(String name, DataSource dataSource) {
		return create(name, connections(this.deriver.derive(dataSource)), null);
	}

	/**
	 * Creates a container that listens over the given connections.
	 * @param name ends the names of its threads
	 * @param source opens the connections
	 * @param messageStore where payloads are read that do not fit into a notification;
	 * {@code null} if they are not to be heard
	 * @return a container, to be a bean
	 */
	public PgListenerContainer create(String name, PgListenerConnectionSource source,
			@Nullable MessageStore messageStore) {
		return new PgListenerContainer(new ListeningConnection(source, listeningSettings(name)), messageStore,
				this.executor, containerSettings());
	}

	/**
	 * Runs the listeners.
	 */
	Executor executor() {
		return this.executor;
	}

	/**
	 * Makes connections that listen of connections that do not.
	 */
	PgListenerConnectionSource connections(DirectDataSource direct) {
		DirectDataSource patient = direct.withSocketTimeout(this.properties.answerTimeout());
		DirectDataSource listening = this.properties.lowLatency() ? patient.overPromptSockets()
				: patient.overSteadySockets();
		// Not itself, which as a bean would be a second DataSource of the application
		return new DerivedConnectionSource(listening);
	}

	private ListeningSettings listeningSettings(String name) {
		return new ListeningSettings(name, this.properties.startupFailurePolicy(), this.properties.startupTimeout(),
				this.properties.heartbeatInterval(), this.properties.heartbeatTimeout(),
				this.properties.loopbackInterval(), this.properties.answerTimeout(),
				new Backoff(this.properties.reconnect().initialDelay(), this.properties.reconnect().maxDelay()));
	}

	private PgListenerContainerSettings containerSettings() {
		PgNotifyProperties.Capacity capacity = this.properties.capacity();
		return new PgListenerContainerSettings(this.properties.autoStartup(), this.properties.shutdownGrace(),
				this.properties.idleEventInterval(), this.properties.stuckAfter(),
				new Capacity(capacity.messages(), capacity.bytes(), capacity.overflow()),
				retryPolicy(this.properties.retry()));
	}

	private static @Nullable RetryPolicy retryPolicy(PgNotifyProperties.Retry retry) {
		return (retry.maxRetries() == 0) ? null
				: RetryPolicy.builder()
					.maxRetries(retry.maxRetries())
					.delay(retry.delay())
					.multiplier(retry.multiplier())
					.maxDelay(retry.maxDelay())
					.build();
	}

	/**
	 * A thread for every listener that has something to do, none for those that have not.
	 */
	private static Executor platformThreads() {
		CustomizableThreadFactory threads = new CustomizableThreadFactory("pgnotify-listener-");
		threads.setDaemon(true);
		return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
	}

	/**
	 * Opens connections as the application's DataSource does.
	 *
	 * @param dataSource opens them
	 */
	record DerivedConnectionSource(DirectDataSource dataSource) implements PgListenerConnectionSource {

		@Override
		public Connection open() throws SQLException {
			return this.dataSource.open();
		}

	}

}
