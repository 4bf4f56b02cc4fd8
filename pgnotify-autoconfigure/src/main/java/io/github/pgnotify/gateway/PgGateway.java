package io.github.pgnotify.gateway;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.lifecycle.DaemonThreads;
import jakarta.servlet.http.HttpServlet;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationEventPublisherAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.util.ClassUtils;

/**
 * Brings chosen channels to browsers and tools, by WebSocket and Server-Sent Events. It
 * is a servlet, to be mapped to {@code /subscribe/*} for the channels and to
 * {@code /subscribe.js} for the client that browsers use.
 * <p>
 * A handful of threads serves all clients: nothing waits for one. A client that reads
 * slower than messages arrive is closed, alone. Starts after the listening container and
 * stops before it and before the web server, so that every client is told with code 1001
 * that the application is going away. Publishes {@link PgGatewayEvent}s.
 *
 * @since 0.1.0
 */
public final class PgGateway implements SmartLifecycle, ApplicationEventPublisherAware {

	/**
	 * Starts after, and stops before, the listening container.
	 */
	public static final int PHASE = Integer.MAX_VALUE - 50;

	private static final Log logger = LogFactory.getLog(PgGateway.class);

	private static final long TICK_MILLIS = 200;

	private final PgGatewaySettings settings;

	private final Clients clients;

	private final GatewayServlet servlet;

	private final Executor eventExecutor = DaemonThreads.one("pgnotify-gateway-events");

	private volatile @Nullable ApplicationEventPublisher publisher;

	private volatile boolean running;

	private @Nullable ScheduledThreadPoolExecutor clock;

	/**
	 * Creates the gateway.
	 * @param settings how it behaves
	 * @param registry where channels are listened on
	 * @param log where stored messages are read; {@code null} if there are none
	 * @param operations how clients publish; {@code null} if they cannot
	 * @param authorizer who decides what clients may do; {@code null} to go by the
	 * {@link PgGatewayChannel.Access} of the channels
	 */
	public PgGateway(PgGatewaySettings settings, PgListenerRegistry registry, PgGatewayLog log,
			@Nullable PgNotifyOperations operations, @Nullable PgGatewayAuthorizer authorizer) {
		this.settings = settings;
		StoredMessages messages = new StoredMessages(log.dataSource(), log.schema());
		Channels channels = new Channels(new Access(settings.channels(), authorizer),
				new LiveChannels(registry, settings.limits().channels()),
				new StoredChannels(messages, registry, settings), settings.limits().subscriptions());
		this.clients = new Clients(settings, channels, this::publish);
		this.servlet = new GatewayServlet(this, settings, channels, this.clients,
				new Commands(channels, operations, this.clients), isWebSocketPresent());
	}

	private static boolean isWebSocketPresent() {
		ClassLoader classLoader = PgGateway.class.getClassLoader();
		return ClassUtils.isPresent("org.springframework.web.socket.server.support.DefaultHandshakeHandler",
				classLoader) && ClassUtils.isPresent("jakarta.websocket.server.ServerContainer", classLoader);
	}

	@Override
	public void setApplicationEventPublisher(ApplicationEventPublisher applicationEventPublisher) {
		this.publisher = applicationEventPublisher;
	}

	/**
	 * The servlet, which needs asynchronous support.
	 * @return always the same
	 */
	public HttpServlet servlet() {
		return this.servlet;
	}

	/**
	 * Who is connected.
	 * @return a snapshot
	 */
	public List<PgGatewayConnection> connections() {
		return this.clients.describe();
	}

	/**
	 * How many are connected, or about to be.
	 * @return the number
	 */
	public int connectionCount() {
		return this.clients.size();
	}

	/**
	 * How many connections were closed so far.
	 * @param code why
	 * @return the number
	 */
	public long closedCount(PgGatewayCloseCode code) {
		return this.clients.closings(code);
	}

	@Override
	public synchronized void start() {
		if (!this.running) {
			ScheduledThreadPoolExecutor ticking = new ScheduledThreadPoolExecutor(1, (task) -> {
				Thread thread = new Thread(task, "pgnotify-gateway-clock");
				thread.setDaemon(true);
				return thread;
			});
			ticking.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
			this.clock = ticking;
			this.running = true;
		}
	}

	@Override
	public synchronized void stop() {
		ScheduledThreadPoolExecutor ticking = this.clock;
		if (this.running && ticking != null) {
			this.running = false;
			ticking.shutdownNow();
			this.clock = null;
			new Farewell(this.clients, this.settings.timing().shutdownGrace()).say();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	private void tick() {
		try {
			this.clients.tick();
		}
		catch (RuntimeException ex) {
			logger.error("The gateway failed to look after its clients", ex);
		}
	}

	private void publish(PgGatewayEvent event) {
		ApplicationEventPublisher current = this.publisher;
		if (current != null) {
			this.eventExecutor.execute(() -> {
				try {
					current.publishEvent(event);
				}
				catch (RuntimeException ex) {
					logger.error("A listener of the gateway's events failed", ex);
				}
			});
		}
	}

}
