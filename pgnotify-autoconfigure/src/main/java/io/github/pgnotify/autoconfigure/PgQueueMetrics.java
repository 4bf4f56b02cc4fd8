package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.queue.DeadLetter;
import io.github.pgnotify.queue.GroupStatus;
import io.github.pgnotify.queue.PgQueueObserver;
import io.github.pgnotify.queue.QueueConsumers;
import io.github.pgnotify.queue.QueueStore;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * Meters of the queue: what this process stores and handles, as it does, and how its
 * groups stand, as a sample of the database tells.
 */
final class PgQueueMetrics implements MeterBinder {

	private final @Nullable QueueStore store;

	private final @Nullable QueueConsumers consumers;

	PgQueueMetrics(@Nullable QueueStore store, @Nullable QueueConsumers consumers) {
		this.store = store;
		this.consumers = consumers;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		if (this.store == null && this.consumers == null) {
			return;
		}
		QueueMeters meters = new QueueMeters(registry, this.consumers);
		if (this.store != null) {
			this.store.observe(meters);
		}
		if (this.consumers != null) {
			this.consumers.observe(meters);
		}
	}

	private static final class QueueMeters implements PgQueueObserver {

		/** A program that makes up channels must not make meters without end. */
		private static final int MOST_CHANNELS = 100;

		private static final String OTHER_CHANNELS = "(other)";

		private final MeterRegistry registry;

		private final @Nullable QueueConsumers consumers;

		private final Map<ChannelName, Counter> stored = new ConcurrentHashMap<>();

		private final Map<HandlingKey, Handling> handling = new ConcurrentHashMap<>();

		private final Counter reclaimed;

		QueueMeters(MeterRegistry registry, @Nullable QueueConsumers consumers) {
			this.registry = registry;
			this.consumers = consumers;
			this.reclaimed = Counter.builder("pgnotify.queue.reclaimed")
				.description("Deliveries taken from other processes, which died")
				.register(registry);
			if (consumers != null) {
				Gauge.builder("pgnotify.queue.up", consumers, (each) -> each.status().connected() ? 1 : 0)
					.description("1 while the connection of the queue is up, else 0")
					.register(registry);
			}
		}

		@Override
		public void stored(ChannelName channel, int messages) {
			Counter counter = this.stored.get(channel);
			if (counter == null) {
				counter = (this.stored.size() < MOST_CHANNELS)
						? this.stored.computeIfAbsent(channel, (name) -> storedOn(name.value()))
						: storedOn(OTHER_CHANNELS);
			}
			counter.increment(messages);
		}

		private Counter storedOn(String channel) {
			return Counter.builder("pgnotify.queue.stored")
				.description("Messages that this process stored, and that are committed")
				.tag("channel", channel)
				.register(this.registry);
		}

		@Override
		public void added(ChannelName channel, String group) {
			GroupGauges gauges = new GroupGauges(this.registry, this.consumers, channel, group);
			gauges.state("ready", GroupStatus::ready);
			gauges.state("deferred", GroupStatus::deferred);
			gauges.state("leased", GroupStatus::leased);
			gauges.state("suspect", GroupStatus::suspect);
			gauges.add("pgnotify.queue.dead.letters", "Messages that the group has given up, up to 10,000", null,
					GroupStatus::deadLetters);
			gauges.add("pgnotify.queue.oldest.age", "How long ago the oldest message that is ready was stored",
					"seconds", (status) -> {
						Duration age = status.oldestReadyAge();
						return (age != null) ? age.toMillis() / 1000.0 : 0;
					});
			for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
				deadLetters(channel, group, reason);
			}
			leasesLost(channel, group);
			claims(channel, group);
			retries(channel, group);
		}

		@Override
		public void claimed(ChannelName channel, String group, int messages) {
			claims(channel, group).increment(messages);
		}

		private Counter claims(ChannelName channel, String group) {
			return Counter.builder("pgnotify.queue.claimed")
				.description("Messages that this process leased for its listeners")
				.tags(tags(channel, group))
				.register(this.registry);
		}

		@Override
		public void retried(ChannelName channel, String group) {
			retries(channel, group).increment();
		}

		private Counter retries(ChannelName channel, String group) {
			return Counter.builder("pgnotify.queue.retried")
				.description("Failed attempts of this process that are followed by another")
				.tags(tags(channel, group))
				.register(this.registry);
		}

		@Override
		public void handled(String listener, String group, int messages, boolean success, Duration duration) {
			Handling meters = this.handling.computeIfAbsent(new HandlingKey(listener, group, success),
					(key) -> Handling.of(this.registry, key));
			meters.timer().record(duration);
			meters.messages().increment(messages);
		}

		@Override
		public void deadLettered(ChannelName channel, String group, DeadLetter.Reason reason) {
			deadLetters(channel, group, reason).increment();
		}

		private Counter deadLetters(ChannelName channel, String group, DeadLetter.Reason reason) {
			return Counter.builder("pgnotify.queue.dead.lettered")
				.description("Messages that this process has given up")
				.tags(tags(channel, group).and("reason", reason.name().toLowerCase(Locale.ROOT)))
				.register(this.registry);
		}

		@Override
		public void leaseLost(ChannelName channel, String group) {
			leasesLost(channel, group).increment();
		}

		private Counter leasesLost(ChannelName channel, String group) {
			return Counter.builder("pgnotify.queue.leases.lost")
				.description("Deliveries taken from this process before they were done")
				.tags(tags(channel, group))
				.register(this.registry);
		}

		@Override
		public void reclaimed(int deliveries) {
			this.reclaimed.increment(deliveries);
		}

		private static Tags tags(ChannelName channel, String group) {
			return Tags.of("channel", channel.value(), "group", group);
		}

	}

	private record HandlingKey(String listener, String group, boolean success) {

	}

	/**
	 * Meters of what a listener handles with one outcome.
	 *
	 * @param timer of its calls
	 * @param messages what it was called with
	 */
	private record Handling(Timer timer, Counter messages) {

		static Handling of(MeterRegistry registry, HandlingKey key) {
			Tags tags = Tags.of("listener", key.listener(), "group", key.group(), "outcome",
					key.success() ? "success" : "failure");
			return new Handling(
					Timer.builder("pgnotify.queue.handling")
						.description("Time that a listener takes for a call, with one message or a batch")
						.tags(tags)
						.register(registry),
					Counter.builder("pgnotify.queue.handled")
						.description("Messages that a listener was called with")
						.tags(tags)
						.register(registry));
		}

	}

	/**
	 * How a group stands with a channel; nobody knows while the database does not answer.
	 */
	private record GroupGauges(MeterRegistry registry, @Nullable QueueConsumers consumers, ChannelName channel,
			String group) {

		void state(String state, ToDoubleFunction<GroupStatus> value) {
			add("pgnotify.queue.deliveries", "Messages that the group has still to do, up to 10,000", null, value,
					"state", state);
		}

		void add(String name, String description, @Nullable String unit, ToDoubleFunction<GroupStatus> value,
				String... moreTags) {
			Gauge.builder(name, this, (gauges) -> gauges.value(value))
				.description(description)
				.baseUnit(unit)
				.tags(QueueMeters.tags(this.channel, this.group).and(moreTags))
				.strongReference(true)
				.register(this.registry);
		}

		private double value(ToDoubleFunction<GroupStatus> value) {
			GroupStatus status = (this.consumers != null) ? this.consumers.sample(this.channel, this.group) : null;
			return (status != null) ? value.applyAsDouble(status) : Double.NaN;
		}

	}

}
