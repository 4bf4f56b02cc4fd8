package io.github.pgnotify.benchmarks.live;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.benchmarks.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.pubsub.PgSubscriber;

/**
 * Vert.x' subscriber, whose handler runs on the event loop: a connection for each
 * listener.
 */
final class VertxSubscribers implements LiveContender {

	private static final int PATIENCE_SECONDS = 30;

	@Override
	public String name() {
		return "Vert.x PgSubscriber";
	}

	@Override
	public Listening open(LiveSetup setup) {
		Vertx vertx = Vertx.vertx();
		try {
			Database database = setup.database();
			PgConnectOptions options = new PgConnectOptions().setHost(database.host())
				.setPort(database.port())
				.setDatabase(database.name())
				.setUser(database.user())
				.setPassword(database.password());
			List<PgSubscriber> subscribers = new ArrayList<>();
			for (int i = 0; i < setup.listeners(); i++) {
				PgSubscriber subscriber = PgSubscriber.subscriber(vertx, options);
				await(subscriber.connect());
				subscribe(subscriber, setup);
				subscribers.add(subscriber);
			}
			return new Running(vertx, subscribers, database);
		}
		catch (RuntimeException ex) {
			await(vertx.close());
			throw ex;
		}
	}

	private static void subscribe(PgSubscriber subscriber, LiveSetup setup) {
		Promise<Void> subscribed = Promise.promise();
		subscriber.channel(LiveSetup.CHANNEL)
			.subscribeHandler(subscribed::tryComplete)
			.handler((payload) -> setup.handler().accept(payload));
		await(subscribed.future());
	}

	private static void await(Future<Void> future) {
		future.toCompletionStage().toCompletableFuture().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
	}

	/**
	 * Subscribers that listen.
	 */
	private record Running(Vertx vertx, List<PgSubscriber> subscribers, Database database) implements Listening {

		@Override
		public Publisher publisher() throws SQLException {
			return new BarePublisher(this.database);
		}

		@Override
		public void close() {
			for (PgSubscriber subscriber : this.subscribers) {
				await(subscriber.close());
			}
			await(this.vertx.close());
		}

	}

}
