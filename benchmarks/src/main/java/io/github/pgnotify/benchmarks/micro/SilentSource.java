package io.github.pgnotify.benchmarks.micro;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.NotificationSource;
import org.jspecify.annotations.Nullable;

/**
 * A source without a database.
 */
final class SilentSource implements NotificationSource {

	private volatile @Nullable Sink sink;

	/**
	 * Returns where notifications go.
	 */
	Sink sink() {
		return Objects.requireNonNull(this.sink);
	}

	@Override
	public void start(Sink sink) {
		this.sink = sink;
	}

	@Override
	public CompletableFuture<Void> listen(Set<ChannelName> channels) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void stop() {
	}

	@Override
	public ListeningStatus status() {
		throw new UnsupportedOperationException();
	}

}
