package io.github.pgnotify.connection;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.lifecycle.DaemonThreads;

/**
 * Which channels are to be listened on, and who waits for it. Thread-safe.
 */
final class WantedChannels {

	private static final Executor COMPLETION = DaemonThreads.many("pgnotify-completion");

	private final Map<ChannelName, InvalidChannelNameException> refused = new HashMap<>();

	private Revision current = new Revision(0, Set.of());

	private List<Waiting> waiting = new ArrayList<>();

	synchronized CompletableFuture<Void> want(Set<ChannelName> channels) {
		Set<ChannelName> added = new TreeSet<>(channels);
		added.removeAll(this.current.channels());
		this.current = new Revision(this.current.number() + 1, Set.copyOf(channels));
		CompletableFuture<Void> future = new CompletableFuture<>();
		this.waiting.add(new Waiting(this.current.number(), added, future));
		return future;
	}

	synchronized Revision current() {
		return this.current;
	}

	/**
	 * Tells those who wait that a revision is in force; on another thread than this one,
	 * the reading one, on which nobody else's code is to run. Not on the common pool
	 * either: on two cores one task that blocks there would hold up all others.
	 * @param refusals which channels the server cannot have, and why: whoever asked for
	 * one of them is told so instead
	 * @return those of the refusals that are news
	 */
	List<InvalidChannelNameException> applied(Revision revision,
			Map<ChannelName, InvalidChannelNameException> refusals) {
		List<Waiting> done = new ArrayList<>();
		List<InvalidChannelNameException> news = new ArrayList<>();
		synchronized (this) {
			List<Waiting> later = new ArrayList<>();
			this.waiting.forEach((each) -> ((each.number() <= revision.number()) ? done : later).add(each));
			this.waiting = later;
			refusals.forEach((channel, refusal) -> {
				if (this.refused.putIfAbsent(channel, refusal) == null) {
					news.add(refusal);
				}
			});
		}
		done.forEach((each) -> COMPLETION.execute(() -> each.complete(refusals)));
		return news;
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

	private record Waiting(long number, Set<ChannelName> added, CompletableFuture<Void> future) {

		void complete(Map<ChannelName, InvalidChannelNameException> refusals) {
			this.added.stream()
				.map(refusals::get)
				.filter(Objects::nonNull)
				.findFirst()
				.ifPresentOrElse(this.future::completeExceptionally, () -> this.future.complete(null));
		}

	}

}
