package io.github.pgnotify.gateway;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * Counts connections, and refuses those that are too many.
 */
final class Counters {

	private static final int TOO_MANY_REQUESTS = 429;

	private static final int UNAVAILABLE = 503;

	private final PgGatewaySettings.Limits limits;

	private final Map<String, Integer> byUser = new ConcurrentHashMap<>();

	private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

	private int connections;

	Counters(PgGatewaySettings.Limits limits) {
		this.limits = limits;
	}

	synchronized void add(Visitor visitor) {
		String user = visitor.user();
		if (this.connections >= this.limits.connections()) {
			throw new Refusal(UNAVAILABLE, "too many connections");
		}
		if (user != null && count(this.byUser, user) >= this.limits.connectionsPerUser()) {
			throw new Refusal(TOO_MANY_REQUESTS, "too many connections of this user");
		}
		if (count(this.byAddress, visitor.remoteAddress()) >= this.limits.connectionsPerAddress()) {
			throw new Refusal(TOO_MANY_REQUESTS, "too many connections from this address");
		}
		this.connections++;
		change(this.byUser, user, 1);
		change(this.byAddress, visitor.remoteAddress(), 1);
	}

	synchronized void remove(Visitor visitor) {
		this.connections--;
		change(this.byUser, visitor.user(), -1);
		change(this.byAddress, visitor.remoteAddress(), -1);
	}

	private static int count(Map<String, Integer> counts, String key) {
		return counts.getOrDefault(key, 0);
	}

	private static void change(Map<String, Integer> counts, @Nullable String key, int by) {
		if (key != null) {
			counts.compute(key, (same, count) -> {
				int changed = ((count != null) ? count : 0) + by;
				return (changed > 0) ? changed : null;
			});
		}
	}

}
