package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

import javax.sql.DataSource;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationEventPublisherAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Brings stored messages to the members of their groups.
 * <p>
 * <strong>Guarantee:</strong> every message whose transaction committed is handled at
 * least once by one member of each group of its channel, whatever dies meanwhile, and
 * ends in exactly one of done or dead letter. At most one attempt's completion is
 * accepted, the one with the highest token.
 * <p>
 * <strong>Threads:</strong> one thread alone claims, acknowledges and renews, over one
 * connection of its own; listeners are called on threads of the executor. Starts late and
 * stops early in the life of the application, and may be started again. Publishes
 * {@link PgQueueEvent}s.
 *
 * @since 0.1.0
 */
public final class QueueConsumers
		implements GroupConsumers, SmartLifecycle, ApplicationEventPublisherAware, DisposableBean {

	/**
	 * Starts after, and stops before, nearly everything else.
	 */
	public static final int PHASE = Integer.MAX_VALUE - 100;

	private static final Duration LAST_WRITE = Duration.ofSeconds(1);

	private static final Log logger = LogFactory.getLog(QueueConsumers.class);

	private final PgListenerConnectionSource source;

	private final SchemaName schema;

	private final QueueSettings settings;

	private final WakeUpSource wakeUps;

	private final Executor executor;

	private final TransactionalStatements pooled;

	private final TransactionManagers transactionManagers;

	private final QueueEvents events = new QueueEvents(DaemonThreads.one("pgnotify-queue-events"));

	private final List<GroupConsumer> definitions = new CopyOnWriteArrayList<>();

	private final Map<GroupMember, SubscriptionStarter> members = new HashMap<>();

	private final GroupSamples samples;

	private volatile boolean running;

	private volatile boolean closed;

	private volatile @Nullable Retention retention;

	private volatile @Nullable QueueThread thread;

	/**
	 * Creates consumers, not yet started.
	 * @param dataSource whose transactions {@link AckMode#TRANSACTIONAL} joins
	 * @param source opens the connection of the queue
	 * @param schema name of the schema, case kept
	 * @param settings how to behave
	 * @param transactionManagers those of the application, asked for when needed
	 * @param wakeUps where wake-ups of other processes are heard
	 * @param executor runs the listeners; must not run them in the calling thread
	 */
	public QueueConsumers(DataSource dataSource, PgListenerConnectionSource source, String schema,
			QueueSettings settings, Iterable<PlatformTransactionManager> transactionManagers, WakeUpSource wakeUps,
			Executor executor) {
		this.source = source;
		this.schema = new SchemaName(schema);
		this.settings = settings;
		this.wakeUps = wakeUps;
		this.executor = executor;
		this.pooled = new TransactionalStatements(dataSource, this.schema);
		this.samples = new GroupSamples(dataSource, this.schema);
		this.transactionManagers = new TransactionManagers(dataSource, transactionManagers);
	}

	@Override
	public void setApplicationEventPublisher(ApplicationEventPublisher applicationEventPublisher) {
		this.events.publisher(applicationEventPublisher);
	}

	/**
	 * Sets who looks on, in place of who did before: it is told of the listeners that
	 * there are, and of all that come.
	 * @param observer who looks on
	 */
	public synchronized void observe(PgQueueObserver observer) {
		this.events.observer(observer);
		this.definitions.forEach((consumer) -> added(observer, consumer));
	}

	private static void added(PgQueueObserver observer, GroupConsumer consumer) {
		consumer.channels().forEach((channel) -> observer.added(channel, consumer.group()));
	}

	@Override
	public synchronized void add(GroupConsumer definition) {
		GroupConsumer consumer = ObservedHandler.observe(definition, this.events);
		PgQueueObserver observer = this.events.observer();
		if (observer != null) {
			added(observer, consumer);
		}
		if (this.definitions.isEmpty()) {
			this.wakeUps.hear(WakeUps.CHANNEL, this::wakeUp, this::wakeUpAll);
		}
		this.definitions.add(consumer);
		if (this.running) {
			begin(consumer);
		}
	}

	/**
	 * There are messages on these channels, committed by this process. Never waits and
	 * never throws.
	 * @param channels the channels
	 */
	public void stored(Set<ChannelName> channels) {
		QueueThread current = this.thread;
		if (current == null && !this.closed) {
			current = startThread();
		}
		if (current != null) {
			for (ChannelName channel : channels) {
				current.wakeUp(channel.value(), true);
			}
		}
	}

	private void wakeUp(PgNotification notification) {
		QueueThread current = this.thread;
		String channel = notification.payload();
		if (current != null && channel != null && notification.senderPid() != current.backendPid()) {
			current.wakeUp(channel, false);
		}
	}

	private void wakeUpAll() {
		QueueThread current = this.thread;
		if (current != null) {
			current.wakeUpAll();
		}
	}

	@Override
	public synchronized void start() {
		if (!this.running) {
			this.running = true;
			this.definitions.forEach(this::begin);
			this.retention = new Retention(this.source, this.schema, this.settings);
			this.retention.start();
		}
	}

	@Override
	public synchronized void stop() {
		if (this.running) {
			this.running = false;
			if (this.retention != null) {
				this.retention.stop();
			}
			stopThread(this.settings.shutdownGrace());
			this.members.clear();
		}
	}

	@Override
	public void stop(Runnable callback) {
		new Thread(() -> {
			try {
				stop();
			}
			finally {
				callback.run();
			}
		}, "pgnotify-queue-stop").start();
	}

	/**
	 * Ends what goes on though it is not started: wake-ups of others.
	 */
	@Override
	public synchronized void destroy() {
		this.closed = true;
		stop();
		stopThread(Duration.ofSeconds(1));
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	/**
	 * How consuming goes, as this process knows it: no statement is sent.
	 * @return the status now
	 */
	public Status status() {
		QueueThread current = this.thread;
		Retention cleaning = this.retention;
		return new Status(this.running && !this.definitions.isEmpty(), current != null && current.backendPid() != 0,
				(cleaning != null) ? cleaning.deadLetters() : null);
	}

	/**
	 * How a group stood lately: a sample, for metrics. The database is asked at most
	 * every ten seconds, for all groups of this process at once and over the
	 * application's DataSource, by a thread of its own, for which the first caller waits
	 * up to half a second. It counts up to 10,000 of each kind and no further, so that it
	 * takes milliseconds however much there is to do: what is more, and how old the
	 * oldest of those beyond is, {@link PgQueueAdmin#groups()} tells.
	 * @param channel the channel
	 * @param group a group of which this process has a listener
	 * @return the sample; {@code null} if there is none because the database did not
	 * answer, or the group is none
	 */
	public @Nullable GroupStatus sample(ChannelName channel, String group) {
		return this.samples.find(this.definitions, channel, group);
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	private void begin(GroupConsumer consumer) {
		QueueThread current = startThread();
		PlatformTransactionManager transactionManager = (consumer.ack() == AckMode.TRANSACTIONAL)
				? this.transactionManagers.choose(consumer) : null;
		RetryDelays delays = new RetryDelays(
				(consumer.retryPolicy() != null) ? consumer.retryPolicy() : this.settings.retryPolicy());
		GroupMember member = new GroupMember(consumer, this.settings.prefetchMessages(), this.executor,
				new DeliveryRunner(current, this.pooled, delays, transactionManager), current::signal);
		current.add(member);
		SubscriptionStarter starter = new SubscriptionStarter(this.source, this.schema, this.events, member,
				current::signal);
		this.members.put(member, starter);
		Thread starting = new Thread(starter, "pgnotify-group-" + consumer.group());
		starting.setDaemon(true);
		starting.start();
	}

	private synchronized QueueThread startThread() {
		QueueThread current = this.thread;
		if (current == null) {
			current = new QueueThread(this.source, this.schema, this.settings, this.events, this.wakeUps::isHearing);
			current.start();
			this.thread = current;
		}
		return current;
	}

	/**
	 * Ends what is begun, gives back the rest. Until then the thread takes what is
	 * settled, and wake-ups.
	 */
	private void stopThread(Duration grace) {
		QueueThread current = this.thread;
		if (current == null) {
			return;
		}
		long deadline = System.nanoTime() + grace.toNanos();
		current.stopClaiming();
		this.members.values().forEach(SubscriptionStarter::stop);
		this.members.keySet().forEach((member) -> release(current, member.stop()));
		try {
			for (GroupMember member : this.members.keySet()) {
				finish(current, member, deadline);
			}
			current.stop(Duration.ofNanos(Math.max(deadline - System.nanoTime(), LAST_WRITE.toNanos())));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.thread = null;
	}

	private void finish(QueueThread current, GroupMember member, long deadline) throws InterruptedException {
		if (!member.awaitIdle(deadline)) {
			logger.warn("Listener '" + member.definition().id() + "' has not finished within "
					+ this.settings.shutdownGrace() + "; what it was at is given back, to be handled again");
		}
		// Also what was claimed just before the stop
		member.stop();
		member.intakes().forEach((intake) -> release(current, intake.held()));
	}

	private static void release(QueueThread thread, List<LeasedDelivery> deliveries) {
		for (LeasedDelivery delivery : deliveries) {
			if (delivery.settle()) {
				thread.settle(Settlement.release(delivery));
			}
		}
	}

	/**
	 * How consuming goes.
	 *
	 * @param consuming whether there are consumers, and they are started
	 * @param connected whether the connection of the queue is up
	 * @param deadLetters how many dead letters there were in the database when it was
	 * last looked, within about a minute; {@code null} before
	 */
	public record Status(boolean consuming, boolean connected, @Nullable Long deadLetters) {

	}

}
