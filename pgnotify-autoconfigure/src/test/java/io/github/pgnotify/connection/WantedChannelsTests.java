package io.github.pgnotify.connection;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.connection.WantedChannels.Revision;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WantedChannelsTests {

	private static final Set<ChannelName> A = Set.of(new ChannelName("a"));

	private static final Set<ChannelName> B = Set.of(new ChannelName("b"));

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final WantedChannels wanted = new WantedChannels();

	@Test
	void whoWantsIsToldWhenItsRevisionOrALaterOneIsInForce() {
		CompletableFuture<Void> first = this.wanted.want(A);
		Revision revision = this.wanted.current();
		CompletableFuture<Void> second = this.wanted.want(B);
		assertThat(revision.channels()).isEqualTo(A);
		this.wanted.applied(revision, Map.of());
		assertThat(first).succeedsWithin(PATIENCE);
		assertThat(second).isNotDone();
		this.wanted.applied(this.wanted.current(), Map.of());
		assertThat(second).succeedsWithin(PATIENCE);
	}

	@Test
	void whoStillWaitsIsToldThatItWillNotHappen() {
		CompletableFuture<Void> future = this.wanted.want(A);
		this.wanted.abandon(new IllegalStateException("stopped"));
		assertThat(future).isCompletedExceptionally();
		assertThat(this.wanted.current().channels()).isEqualTo(A);
	}

}
