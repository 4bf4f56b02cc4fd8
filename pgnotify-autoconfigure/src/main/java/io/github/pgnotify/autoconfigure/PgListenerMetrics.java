package io.github.pgnotify.autoconfigure;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.listener.PgListenerObserver;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Meters of all containers, and of their listeners as they come and go. Beside the timer
 * nothing is counted for them: they read what the containers know.
 */
final class PgListenerMetrics implements MeterBinder {

	private final Map<String, PgListenerContainer> containers;

	PgListenerMetrics(Map<String, PgListenerContainer> containers) {
		this.containers = containers;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.containers.forEach((name, container) -> bind(registry, Tags.of("container", name), container));
	}

	private static void bind(MeterRegistry registry, Tags tags, PgListenerContainer container) {
		Gauge.builder("pgnotify.listener.up", container, (each) -> hearsAll(each) ? 1 : 0)
			.description("1 while everything that is listened to is heard, else 0")
			.tags(tags)
			.register(registry);
		Gauge.builder("pgnotify.listener.channels", container, (each) -> each.status().channels())
			.description("Channels listened on")
			.tags(tags)
			.register(registry);
		Gauge.builder("pgnotify.notification.queue.usage", container, (each) -> each.status().queueUsage())
			.description("How full the notification queue of the server is, from 0 to 1")
			.tags(tags)
			.register(registry);
		FunctionCounter.builder("pgnotify.listener.gaps", container, (each) -> each.status().gaps())
			.description("How often all listeners may have missed notifications")
			.tags(tags)
			.register(registry);
		container.observe(new ListenerMeters(registry, tags));
	}

	private static boolean hearsAll(PgListenerContainer container) {
		return container.isRunning() && (container.channels().isEmpty() || container.status().isLive());
	}

	/**
	 * Meters of the listeners of one container.
	 */
	private static final class ListenerMeters implements PgListenerObserver {

		private final MeterRegistry registry;

		private final Tags containerTags;

		private final Map<Listener, List<Meter>> meters = new ConcurrentHashMap<>();

		ListenerMeters(MeterRegistry registry, Tags containerTags) {
			this.registry = registry;
			this.containerTags = containerTags;
		}

		@Override
		public Handling added(Listener listener) {
			Tags tags = this.containerTags.and("listener", String.valueOf(listener.id()));
			List<Meter> added = new ArrayList<>();
			added.add(Gauge.builder("pgnotify.listener.waiting", listener, Listener::waiting)
				.description("Notifications that wait for the listener")
				.tags(tags)
				.register(this.registry));
			added.add(FunctionCounter.builder("pgnotify.listener.dropped", listener, Listener::dropped)
				.description("Notifications that the listener missed because it did not keep up, or their payload was "
						+ "no longer there")
				.tags(tags)
				.register(this.registry));
			Map<Outcome, Timer> timers = new EnumMap<>(Outcome.class);
			for (Outcome outcome : Outcome.values()) {
				timers.put(outcome,
						Timer.builder("pgnotify.listener.handling")
							.description("Time that the listener takes for a notification, all tries included")
							.tags(tags.and("outcome", outcome.name().toLowerCase(Locale.ROOT)))
							.register(this.registry));
			}
			added.addAll(timers.values());
			this.meters.put(listener, added);
			return (outcome, duration) -> {
				Timer timer = timers.get(outcome);
				if (timer != null) {
					timer.record(duration);
				}
			};
		}

		@Override
		public void removed(Listener listener) {
			List<Meter> removed = this.meters.remove(listener);
			if (removed != null) {
				removed.forEach(this.registry::remove);
			}
		}

	}

}
