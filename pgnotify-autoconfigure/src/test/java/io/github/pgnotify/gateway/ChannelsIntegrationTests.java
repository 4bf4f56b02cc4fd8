package io.github.pgnotify.gateway;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.testsupport.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Subscriptions that meet with something while they begin.
 */
class ChannelsIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private static final PgGatewayChannel A = PgGatewayChannel.open("a");

	private static final PgGatewayChannel B = PgGatewayChannel.open("b");

	private static final PgGatewayChannel C = PgGatewayChannel.open("c");

	private static final PgGatewayChannel STORED = new PgGatewayChannel("stored", PgGatewayChannel.Kind.STORED,
			PgGatewayChannel.Access.PUBLIC, false, null, null);

	private static final PgGatewaySettings SETTINGS = AccessTests.settings(A, B, C, STORED);

	private static GatewayServer server;

	private static PgListenerRegistry registry;

	@BeforeAll
	static void start() {
		server = GatewayServer.start(database, GatewayServer.open("stored", "stored"));
		registry = server.bean(PgListenerRegistry.class);
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void aClientThatIsClosedWhileItSubscribesLeavesNothing() {
		Source live = new Source();
		Setup setup = new Setup(live);
		live.before = () -> setup.client.close(PgGatewayCloseCode.NORMAL);
		setup.subscribe("a");
		await().until(() -> registry.channels().isEmpty());
		assertThat(setup.client.subscriptions()).isEmpty();
	}

	@Test
	void aChannelThatCannotBeHeardHarmsNoOther() {
		Source live = new Source();
		Setup setup = new Setup(live);
		setup.subscribe("a");
		live.failing = true;
		assertThat(setup.subscribe("b", "a", "unknown")).isCompletedExceptionally();
		assertThat(setup.client.subscriptions()).extracting((each) -> each.channel().value()).containsExactly("a");
		await().until(() -> setup.frames.size() == 3);
		assertThat(setup.frames.get(0)).contains("\"subscribed\"", "\"a\"");
		assertThat(setup.frames.subList(1, 3)).anyMatch((frame) -> frame.contains("\"error\",\"channel\":\"b\""))
			.anyMatch((frame) -> frame.contains("\"error\",\"channel\":\"unknown\""));
		setup.client.close(PgGatewayCloseCode.NORMAL);
		await().until(() -> registry.channels().isEmpty());
	}

	@Test
	void thereAreSoManyDifferentChannelsAndNoMore() {
		Setup setup = new Setup(new Source());
		assertThat(setup.subscribe("a", "b")).isCompleted();
		assertThat(setup.subscribe("c")).isCompletedExceptionally();
		assertThat(setup.frames).last().asString().contains("too many channels");
		setup.client.close(PgGatewayCloseCode.NORMAL);
		await().until(() -> registry.channels().isEmpty());
	}

	@Test
	void whoIsSentWhatItMissedWhileTheServerIsReplacedIsToldOfTheGap() throws Exception {
		StoredMessages messages = new StoredMessages(database.dataSource(), "queue");
		Map<String, Set<Subscription>> joined = new ConcurrentHashMap<>();
		LogFollower follower = new LogFollower(messages, new Replays(messages, (done) -> {
		}, (failed) -> {
		}), joined, Duration.ofDays(7));
		Setup setup = new Setup(new Source());
		Subscription subscription = new Subscription(setup.client, ChannelName.of("stored"), STORED, null);
		setup.client.add(subscription);
		follower.follow(Set.of("stored"));
		Joining joining = new Joining(List.of(subscription), "earliest");
		joining.begin(Position.of(new Snapshot(Long.MAX_VALUE / 2, Long.MAX_VALUE / 2, new long[0]), Instant.now()),
				"a life before");
		follower.join(joining);
		assertThat(setup.frames).anyMatch((frame) -> frame.contains("NEW_EPOCH"));
		assertThat(joined.get("stored")).containsExactly(subscription);
	}

	@Test
	void aCursorThatIsAheadOfTheDatabaseIsUnknown() throws Exception {
		StoredMessages messages = new StoredMessages(database.dataSource(), "queue");
		Map<String, Set<Subscription>> joined = new ConcurrentHashMap<>();
		LogFollower follower = new LogFollower(messages, new Replays(messages, (done) -> {
		}, (failed) -> {
		}), joined, Duration.ofDays(7));
		Setup setup = new Setup(new Source());
		Subscription subscription = new Subscription(setup.client, ChannelName.of("stored"), STORED, null);
		setup.client.add(subscription);
		follower.follow(Set.of("stored"));
		Snapshot ahead = new Snapshot(Long.MAX_VALUE / 2, Long.MAX_VALUE / 2, new long[0]);
		follower.join(new Joining(List.of(subscription), Position.of(ahead, Instant.now()).toCursor(messages.epoch())));
		assertThat(setup.frames).anyMatch((frame) -> frame.contains("UNKNOWN_CURSOR"));
		assertThat(joined.get("stored")).containsExactly(subscription);
	}

	private static final class Setup {

		final List<String> frames = new ArrayList<>();

		final GatewayClient client;

		private final Channels channels;

		Setup(Source live) {
			this.channels = new Channels(new Access(SETTINGS.channels(), null), live, live, 10);
			this.client = new Clients(SETTINGS, this.channels, (event) -> {
			}).admit(new Visitor(null, null, "localhost", Map.of(), Map.of()), Format.JSON);
			this.client.open(new Transport() {

				@Override
				public void write(Frame frame, Done done) {
					Setup.this.frames.add(frame.text());
					done.done(null);
				}

				@Override
				public boolean ping() {
					return false;
				}

				@Override
				public void close(PgGatewayCloseCode code, String reason) {
					Setup.this.client.gone();
				}

			});
		}

		CompletableFuture<Void> subscribe(String... names) {
			CompletableFuture<Void> told = this.channels.subscribe(this.client, List.of(names), null,
					(name, refusal) -> this.client.send(Notice.error(name, refusal.reason())));
			await().until(told::isDone);
			return told;
		}

	}

	/**
	 * Live channels that meet with something first.
	 */
	private static final class Source implements ChannelSource {

		private final LiveChannels live = new LiveChannels(registry, SETTINGS.limits().channels());

		private Runnable before = () -> {
		};

		private boolean failing;

		@Override
		public CompletableFuture<Void> add(List<Subscription> subscriptions, @Nullable String after) {
			this.before.run();
			return this.failing ? CompletableFuture.failedFuture(new IllegalStateException("No"))
					: this.live.add(subscriptions, after);
		}

		@Override
		public void remove(Subscription subscription) {
			this.live.remove(subscription);
		}

		@Override
		public void poll(long now) {
			this.live.poll(now);
		}

	}

}
