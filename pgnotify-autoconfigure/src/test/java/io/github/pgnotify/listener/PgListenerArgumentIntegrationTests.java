package io.github.pgnotify.listener;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerErrorHandler;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.messaging.handler.annotation.Header;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Arguments that could be taken for others, or tell too much.
 */
class PgListenerArgumentIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database)
		.withPropertyValues("pgnotify.queue.enabled=false");

	@Test
	void anObjectIsThePayloadAndNotTheNotification() {
		this.runner.withUserConfiguration(AnyPayload.class).run((context) -> {
			database.execute("SELECT pg_notify('any', 'hello')");
			assertThat(context.getBean(AnyPayload.class).received.await(1)).containsExactly("hello any");
		});
	}

	@Test
	void aHeaderThatDoesNotFitIsAnErrorThatDoesNotRepeatIt() {
		this.runner.withUserConfiguration(WrongHeader.class).run((context) -> {
			database.execute("SELECT pg_notify('wrong', '{\"pgnotify\":1,\"headers\":{\"n\":\"secret\"},\"data\":1}')");
			assertThat(context.getBean(WrongHeader.class).errors.await(1)).singleElement()
				.asString()
				.contains("cannot take", "headers do not fit")
				.doesNotContain("secret");
		});
	}

	static class AnyPayload {

		final Recorder<Object> received = new Recorder<>();

		@PgListener("any")
		void hear(Object payload, PgNotification notification) {
			this.received.record(payload + " " + notification.channel());
		}

	}

	static class WrongHeader {

		final Recorder<Object> errors = new Recorder<>();

		@PgListener(channels = "wrong", errorHandler = "remember")
		void hear(int payload, @Header("n") int number) {
		}

		@Bean
		PgListenerErrorHandler remember() {
			return (id, notification, error) -> this.errors.record(String.valueOf(error));
		}

	}

}
