package io.github.pgnotify.connection;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.ChannelName;

/**
 * Which channels are to be listened on, and who waits for it. Thread-safe.
 */
final class WantedChannels {

	private static final Executor COMPLETION = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS,
			new SynchronousQueue<>(), (task) -> {
				Thread thread = new Thread(task, "pgnotify-completion");
				thread.setDaemon(true);
				return thread;
			});

	private Revision current = new Revision(0, Set.of());

	private List<Waiting> waiting = new ArrayList<>();

	synchronized CompletableFuture<Void> want(Set<ChannelName> channels) {
		this.current = new Revision(this.current.number() + 1, Set.copyOf(channels));
		CompletableFuture<Void> future = new CompletableFuture<>();
		this.waiting.add(new Waiting(this.current.number(), future));
		return future;
	}

	synchronized Revision current() {
		return this.current;
	}

	/**
	 * Tells those who wait that a revision is in force; on another thread than this one,
	 * the reading one, on which nobody else's code is to run. Not on the common pool
	 * either: on two cores one task that blocks there would hold up all others.
	 */
	void applied(Revision revision) {
		List<Waiting> done = new ArrayList<>();
		synchronized (this) {
			List<Waiting> later = new ArrayList<>();
			this.waiting.forEach((each) -> ((each.number() <= revision.number()) ? done : later).add(each));
			this.waiting = later;
		}
		done.forEach((each) -> each.future().completeAsync(() -> null, COMPLETION));
	}

	/**
	 * Tells all who wait that it will not happen.
	 */
	void abandon(RuntimeException reason) {
		List<Waiting> abandoned;
		synchronized (this) {
			abandoned = this.waiting;
			this.waiting = new ArrayList<>();
		}
		abandoned.forEach((each) -> each.future().completeExceptionally(reason));
	}

	/**
	 * A set of channels, numbered in the order in which the sets were asked for.
	 *
	 * @param number the number
	 * @param channels the channels
	 */
	record Revision(long number, Set<ChannelName> channels) {

	}

	private record Waiting(long number, CompletableFuture<Void> future) {

	}

}
