package io.github.pgnotify.listener;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration;
import io.github.pgnotify.testsupport.PgNotifyContext;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * Stands where the queue is: remembers who registered, and gives the handlers what a test
 * makes by hand.
 */
class RecordedGroups implements GroupConsumers {

	private final Map<String, GroupConsumer> consumers = new LinkedHashMap<>();

	/**
	 * Returns a runner for an application with {@link PgNotifyAutoConfiguration} that
	 * needs no database, since it has this queue and does not listen.
	 */
	static ApplicationContextRunner runner() {
		return runnerWithoutQueue().withBean(RecordedGroups.class);
	}

	/**
	 * Returns a runner for the same application with the queue switched off.
	 */
	static ApplicationContextRunner runnerWithoutQueue() {
		return PgNotifyContext.runner()
			.withPropertyValues("spring.datasource.url=jdbc:postgresql://localhost:1/app",
					"pgnotify.queue.enabled=false", "pgnotify.listener.auto-startup=false");
	}

	@Override
	public void add(GroupConsumer consumer) {
		if (this.consumers.putIfAbsent(consumer.id(), consumer) != null) {
			throw new IllegalStateException("Registered twice: " + consumer.id());
		}
	}

	List<GroupConsumer> all() {
		return List.copyOf(this.consumers.values());
	}

	GroupConsumer get(String id) {
		return Objects.requireNonNull(this.consumers.get(id), () -> id + " is not in " + this.consumers.keySet());
	}

	/**
	 * Handles messages in one call, with the numbers 1, 2 and so on.
	 */
	void handle(String id, @Nullable String... data) throws Exception {
		List<ReceivedMessage> messages = new ArrayList<>();
		for (String json : data) {
			messages.add(HandMadeDelivery.of(messages.size() + 1).of(json));
		}
		get(id).handler().handle(messages);
	}

	void handle(String id, ReceivedMessage message) throws Exception {
		get(id).handler().handle(List.of(message));
	}

}
