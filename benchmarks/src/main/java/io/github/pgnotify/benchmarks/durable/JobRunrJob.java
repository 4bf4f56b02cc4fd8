package io.github.pgnotify.benchmarks.durable;

import java.util.function.Consumer;

/**
 * What JobRunr calls, who wants it public.
 */
public final class JobRunrJob {

	private static volatile Consumer<String> handler = (payload) -> {
	};

	private JobRunrJob() {
	}

	static void handler(Consumer<String> next) {
		handler = next;
	}

	/**
	 * Handles a message.
	 * @param payload its payload
	 */
	public static void handle(String payload) {
		handler.accept(payload);
	}

}
