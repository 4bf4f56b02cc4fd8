package io.github.pgnotify.testsupport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Takes what listeners receive and gives it to the test when it is there.
 *
 * @param <T> what they receive
 */
public final class Recorder<T extends @Nullable Object> {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final List<T> received = new ArrayList<>();

	/**
	 * Takes one thing, {@code null} included.
	 */
	public synchronized void record(T value) {
		this.received.add(value);
	}

	/**
	 * Returns what was received so far.
	 */
	public synchronized List<T> received() {
		return new ArrayList<>(this.received);
	}

	/**
	 * Forgets what was received.
	 */
	public synchronized void clear() {
		this.received.clear();
	}

	/**
	 * Waits until as many are received, and no more than those.
	 */
	public List<T> await(int count) {
		Awaitility.await().atMost(PATIENCE).until(() -> received().size() >= count);
		List<T> all = received();
		assertThat(all).hasSize(count);
		return all;
	}

}
