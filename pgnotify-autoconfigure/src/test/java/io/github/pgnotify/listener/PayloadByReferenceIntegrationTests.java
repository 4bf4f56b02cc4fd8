package io.github.pgnotify.listener;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerErrorHandler;
import io.github.pgnotify.PgListenerEvent;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.dao.DataAccessException;
import org.springframework.util.backoff.BackOff;
import org.springframework.util.backoff.FixedBackOff;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a listener hears of a payload that was too long to be sent and cannot be read
 * where it is kept.
 */
@ExtendWith(OutputCaptureExtension.class)
class PayloadByReferenceIntegrationTests {

	private static final String BIG = "secret ".repeat(2_000);

	private static final String HIDE = "ALTER TABLE queue.live_payload RENAME TO hidden";

	private static final String SHOW = "ALTER TABLE queue.hidden RENAME TO live_payload";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withUserConfiguration(Listener.class);

	@Test
	void payloadThatIsGoneIsAGapInItsPlace(CapturedOutput output) {
		this.runner.run((context) -> {
			Listener listener = sendWhileBlocked(context.getBean(PgNotifyOperations.class),
					context.getBean(Listener.class));
			this.database.execute("DELETE FROM queue.live_payload");
			listener.go.countDown();
			assertThat(listener.received.await(3)).containsExactly("first", "PAYLOAD_GONE 1", "last");
			assertThat(listener.attempts.received()).isEmpty();
			assertThat(listener.errors.received()).isEmpty();
			assertThat(listener.gaps.await(1)).singleElement().satisfies((event) -> {
				assertThat(event.subscriber()).isEqualTo("Listener.listen");
				assertThat(event.gap().cause()).isEqualTo(PgGap.Cause.PAYLOAD_GONE);
				assertThat(event.gap().dropped()).isEqualTo(1);
			});
			assertThat(output).doesNotContain("secret");
		});
	}

	@Test
	void databaseThatRefusesToReadIsAskedAgainAsTheRetryPolicySays() {
		this.runner.run((context) -> {
			Listener listener = sendWhileBlocked(context.getBean(PgNotifyOperations.class),
					context.getBean(Listener.class));
			this.database.execute(HIDE);
			listener.onSecondAttempt = () -> this.database.execute(SHOW);
			listener.go.countDown();
			assertThat(listener.received.await(3)).containsExactly("first", BIG, "last");
			assertThat(listener.attempts.received()).hasSize(2)
				.allSatisfy((error) -> assertThat(error).isInstanceOf(DataAccessException.class));
			assertThat(listener.errors.received()).isEmpty();
		});
	}

	@Test
	void databaseThatNeverReadsIsAnErrorAndAGapInItsPlace(CapturedOutput output) {
		this.runner.run((context) -> {
			Listener listener = sendWhileBlocked(context.getBean(PgNotifyOperations.class),
					context.getBean(Listener.class));
			this.database.execute(HIDE);
			listener.go.countDown();
			assertThat(listener.received.await(3)).containsExactly("first", "PAYLOAD_GONE 1", "last");
			assertThat(listener.attempts.received()).hasSize(Listener.RETRIES + 1);
			assertThat(listener.errors.await(1)).singleElement().isInstanceOf(DataAccessException.class);
			assertThat(output).doesNotContain("secret");
		});
	}

	private static Listener sendWhileBlocked(PgNotifyOperations template, Listener listener) throws Exception {
		template.convertAndSend("big", "first");
		assertThat(listener.entered.await(30, TimeUnit.SECONDS)).isTrue();
		template.convertAndSend("big", BIG);
		template.convertAndSend("big", "last");
		// sent after them on the same session, so they lie in the mailbox when it is
		// heard
		template.convertAndSend("marker", "x");
		listener.marked.get(30, TimeUnit.SECONDS);
		return listener;
	}

	@Configuration(proxyBeanMethods = false)
	static class Listener {

		static final int RETRIES = 3;

		final Recorder<String> received = new Recorder<>();

		final Recorder<Throwable> attempts = new Recorder<>();

		final Recorder<Throwable> errors = new Recorder<>();

		final Recorder<PgListenerEvent.Gap> gaps = new Recorder<>();

		final CountDownLatch entered = new CountDownLatch(1);

		final CountDownLatch go = new CountDownLatch(1);

		final CompletableFuture<String> marked = new CompletableFuture<>();

		volatile Runnable onSecondAttempt = () -> {
		};

		@Bean
		RetryPolicy recordingAttempts() {
			return new RetryPolicy() {

				@Override
				public boolean shouldRetry(Throwable error) {
					Listener.this.attempts.record(error);
					if (Listener.this.attempts.received().size() == 2) {
						Listener.this.onSecondAttempt.run();
					}
					return true;
				}

				@Override
				public BackOff getBackOff() {
					return new FixedBackOff(1, RETRIES);
				}

			};
		}

		@Bean
		PgListenerErrorHandler recordingErrors() {
			return (subscriber, notification, error) -> this.errors.record(error);
		}

		@PgListener(channels = "big", onGap = "gap", retryPolicy = "recordingAttempts",
				errorHandler = "recordingErrors")
		void listen(String payload) throws InterruptedException {
			this.entered.countDown();
			this.go.await();
			this.received.record(payload);
		}

		void gap(PgGap gap) {
			this.received.record(gap.cause() + " " + Objects.requireNonNull(gap.dropped()));
		}

		@PgListener("marker")
		void mark(String payload) {
			this.marked.complete(payload);
		}

		@EventListener
		void on(PgListenerEvent.Gap event) {
			this.gaps.record(event);
		}

	}

}
