package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.queue.QueueConsumers;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Whether notifications arrive and stored messages are handled, as this process itself
 * knows it: no statement is sent. Dead letters are told and do no harm.
 */
final class PgListenerHealthIndicator extends AbstractHealthIndicator {

	/**
	 * A queue that is half full is about to stop every notifying commit of the cluster.
	 */
	static final double ALARMING_QUEUE_USAGE = 0.5;

	private final PgListenerContainer container;

	private final @Nullable QueueConsumers queue;

	/**
	 * Creates the indicator.
	 * @param queue what consumes stored messages beside the container; {@code null} if
	 * nothing does
	 */
	PgListenerHealthIndicator(PgListenerContainer container, @Nullable QueueConsumers queue) {
		super("The health of the listening connection could not be told");
		this.container = container;
		this.queue = queue;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		ListeningStatus status = this.container.status();
		QueueConsumers.Status stored = (this.queue != null) ? this.queue.status() : null;
		boolean cutOff = stored != null && stored.consuming() && !stored.connected();
		if (!this.container.isRunning()) {
			builder.unknown().withDetail("problem", "Listening is stopped");
		}
		else if (!cutOff && (this.container.channels().isEmpty() || (status.isLive() && !isQueueAlarming(status)))) {
			builder.up();
		}
		else {
			builder.down();
		}
		builder.withDetail("state", status.state()).withDetail("since", status.since());
		builder.withDetail("channels", status.channels()).withDetail("gaps", status.gaps());
		builder.withDetail("queueUsage", status.queueUsage());
		detail(builder, "backendPid", status.backendPid());
		detail(builder, "lastRoundTrip", status.lastRoundTrip());
		detail(builder, "problem", problem(status));
		if (cutOff) {
			builder.withDetail("problem", "The connection of the durable queue is down: nothing stored is handled");
		}
		if (stored != null && stored.consuming()) {
			builder.withDetail("queueConnected", stored.connected());
			detail(builder, "deadLetters", stored.deadLetters());
		}
	}

	private static @Nullable String problem(ListeningStatus status) {
		return isQueueAlarming(status)
				? "The notification queue of the server is filling up: a listener of some database "
						+ "does not read. When it is full, every commit that notifies fails. Look for the session with the oldest "
						+ "backend_xmin in pg_stat_activity"
				: status.problem();
	}

	private static boolean isQueueAlarming(ListeningStatus status) {
		return status.queueUsage() >= ALARMING_QUEUE_USAGE;
	}

	private static void detail(Health.Builder builder, String name, @Nullable Object value) {
		if (value != null) {
			builder.withDetail(name, value);
		}
	}

}
