package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerErrorHandler;
import io.github.pgnotify.PgListenerEvent;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.retry.RetryPolicy;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of messages when a listener throws, interrupts its thread, does not come
 * back or cannot take them.
 */
@ExtendWith(OutputCaptureExtension.class)
class ListenerFaultIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database);

	@Test
	void failuresAreTriedAgainInOrderAndThenHandled() {
		this.runner.withUserConfiguration(Retried.class).run((context) -> {
			Retried retried = context.getBean(Retried.class);
			notify("retried", "fails twice");
			notify("retried", "fails always");
			notify("retried", "fine");
			assertThat(retried.received.await(8)).containsExactly("fails twice", "fails twice", "fails twice",
					"fails always", "fails always", "fails always", "fails always", "fine");
			assertThat(retried.errors.await(1)).singleElement().satisfies((error) -> {
				assertThat(error.subscriber()).isEqualTo("Retried.listen");
				assertThat(error.notification().payload()).isEqualTo("fails always");
				assertThat(error.error()).isInstanceOf(IllegalStateException.class).hasMessage("by design");
			});
		});
	}

	@Test
	void errorsOfTheJvmAreTriedAgainAndHandledLikeAnyOther() {
		this.runner.withUserConfiguration(Retried.class).run((context) -> {
			Retried retried = context.getBean(Retried.class);
			notify("retried", "overflows the stack");
			notify("retried", "asserts");
			notify("retried", "fine");
			retried.errors.await(2);
			assertThat(retried.received.await(9)).endsWith("asserts", "fine");
			assertThat(retried.errors.received()).map(Failure::error)
				.satisfiesExactly((error) -> assertThat(error).isInstanceOf(StackOverflowError.class),
						(error) -> assertThat(error).isInstanceOf(AssertionError.class).hasMessage("by design"));
		});
	}

	@Test
	void errorsOfTheJvmHurtNoLaterMessageWithoutRetryAndHandlerEither(CapturedOutput output) {
		this.runner.withUserConfiguration(Plain.class).run((context) -> {
			for (String payload : new String[] { "overflows the stack", "asserts", "no class", "fine" }) {
				notify("plain", payload);
			}
			assertThat(context.getBean(Plain.class).received.await(1)).containsExactly("fine");
			assertThat(output).contains("Listener 'plain one' failed on a notification on channel 'plain'")
				.contains("java.lang.StackOverflowError")
				.contains("java.lang.AssertionError: by design")
				.contains("java.lang.NoClassDefFoundError: by design");
		});
	}

	@Test
	void errorHandlerThatThrowsHurtsNoLaterMessage(CapturedOutput output) {
		this.runner.withUserConfiguration(BadErrorHandler.class).run((context) -> {
			notify("worse", "fails");
			notify("worse", "fine");
			assertThat(context.getBean(BadErrorHandler.class).received.await(1)).containsExactly("fine");
			assertThat(output).contains("The error handler of listener 'BadErrorHandler.listen' failed")
				.contains("AssertionError: of the handler");
		});
	}

	@Test
	void payloadThatIsNoJsonIsNotTriedAgainAndShownOnlyToTheErrorHandler(CapturedOutput output) {
		this.runner.withUserConfiguration(Retried.class)
			.withPropertyValues("pgnotify.listener.retry.max-retries=1000000", "pgnotify.listener.retry.delay=1h")
			.run((context) -> {
				Retried retried = context.getBean(Retried.class);
				notify("typed", "{\"broken\": secret");
				notify("typed", "\"secret\"");
				notify("typed", "7");
				assertThat(retried.received.await(1)).containsExactly("7");
				assertThat(retried.errors.await(2)).allSatisfy((failure) -> {
					assertThat(failure.subscriber()).isEqualTo("Retried.typed");
					assertThat(failure.notification().payload()).contains("secret");
					assertThat(failure.error()).isInstanceOf(PayloadConversionException.class)
						.hasMessageContaining("Retried.typed(int) cannot take the message on channel 'typed'");
					assertThat(stackTrace(failure.error())).doesNotContain("secret");
				});
				assertThat(output).doesNotContain("secret");
			});
	}

	@Test
	void errorHandlerIsGivenWhatTheListenerWouldHaveBeen() {
		this.runner.withUserConfiguration(Retried.class).run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			template.distinct().convertAndSend("retried", "fails always");
			template.convertAndSend("typed", "no number".repeat(1000));
			assertThat(context.getBean(Retried.class).errors.await(2))
				.map((failure) -> String.valueOf(failure.notification().payload()))
				.containsExactlyInAnyOrder("fails always", "no number".repeat(1000));
		});
	}

	@Test
	void handlerThatInterruptsItsThreadHurtsNobody() {
		this.runner.run((context) -> {
			Recorder<Boolean> interrupted = new Recorder<>();
			context.getBean(PgListenerRegistry.class).subscribe("id", "interrupts", (notification) -> {
				interrupted.record(Thread.currentThread().isInterrupted());
				Thread.currentThread().interrupt();
			}).get(10, TimeUnit.SECONDS);
			for (int i = 0; i < 3; i++) {
				notify("interrupts", String.valueOf(i));
			}
			assertThat(interrupted.await(3)).containsOnly(false);
		});
	}

	@Test
	void handlerThatInterruptsItsThreadAndFailsIsTriedAgainLikeAnyOther() {
		this.runner.withUserConfiguration(Retried.class).run((context) -> {
			Retried retried = context.getBean(Retried.class);
			notify("retried", "interrupts");
			notify("retried", "fine");
			assertThat(retried.received.await(5)).containsExactly("interrupts", "interrupts", "interrupts",
					"interrupts", "fine");
			assertThat(retried.errors.await(1)).singleElement()
				.satisfies((failure) -> assertThat(failure.error()).hasMessage("by design"));
		});
	}

	@Test
	void handlerThatDoesNotComeBackIsReportedAndDoesNotHoldTheStop(CapturedOutput output) {
		CountDownLatch forever = new CountDownLatch(1);
		this.runner.withUserConfiguration(Events.class)
			.withPropertyValues("pgnotify.listener.stuck-after=100ms", "pgnotify.listener.shutdown-grace=100ms")
			.run((context) -> {
				PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
				registry.subscribe("stuck one", "stuck", (notification) -> forever.await()).get(10, TimeUnit.SECONDS);
				notify("stuck", "1");
				notify("stuck", "2");
				assertThat(context.getBean(Events.class).stuck.await(1)).singleElement()
					.satisfies((event) -> assertThat(event.subscriber()).isEqualTo("stuck one"));
				CompletableFuture<Void> stopped = new CompletableFuture<>();
				new Thread(() -> {
					registry.stop();
					stopped.complete(null);
				}).start();
				assertThat(stopped).succeedsWithin(Duration.ofSeconds(30));
				assertThat(output)
					.contains("Listener 'stuck one' has not finished within PT0.1S; 1 notification(s) were "
							+ "dropped unheard");
			});
		forever.countDown();
	}

	@Test
	void threadDumpTellsWhichListenerIsAtWork() {
		this.runner.withUserConfiguration(Plain.class).run((context) -> {
			Recorder<Thread> threads = new Recorder<>();
			CountDownLatch leave = new CountDownLatch(1);
			context.getBean(PgListenerRegistry.class).subscribe("at work", "busy", (notification) -> {
				threads.record(Thread.currentThread());
				leave.await();
			}).get(10, TimeUnit.SECONDS);
			notify("busy", "x");
			Thread busy = threads.await(1).get(0);
			assertThat(busy.getName()).startsWith("pgnotify-listener-").endsWith(" at work");
			leave.countDown();
			org.awaitility.Awaitility.await().until(() -> !busy.isAlive() || !busy.getName().contains("at work"));
		});
	}

	private static String stackTrace(Throwable error) {
		java.io.StringWriter text = new java.io.StringWriter();
		error.printStackTrace(new java.io.PrintWriter(text));
		return text + String.valueOf(NestedExceptionUtils.getMostSpecificCause(error).getMessage());
	}

	private static void notify(String channel, String payload) {
		database.queryForString("SELECT pg_notify(?, ?)::text", channel, payload);
	}

	private static int overflow(int depth) {
		return overflow(depth + 1) + 1;
	}

	private static void fail(String payload) {
		switch (payload) {
			case "overflows the stack" -> overflow(0);
			case "asserts" -> throw new AssertionError("by design");
			case "no class" -> throw new NoClassDefFoundError("by design");
			case "interrupts" -> {
				Thread.currentThread().interrupt();
				throw new IllegalStateException("by design");
			}
			default -> {
			}
		}
	}

	static class Plain {

		final Recorder<String> received = new Recorder<>();

		@PgListener(channels = "plain", id = "plain one")
		void listen(String payload) {
			fail(payload);
			this.received.record(payload);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BadErrorHandler {

		final Recorder<String> received = new Recorder<>();

		@Bean
		PgListenerErrorHandler throwing() {
			return (subscriber, notification, error) -> {
				throw new AssertionError("of the handler");
			};
		}

		@PgListener(channels = "worse", errorHandler = "throwing")
		void listen(String payload) {
			if (payload.equals("fails")) {
				throw new IllegalStateException("by design");
			}
			this.received.record(payload);
		}

	}

	static class Events {

		final Recorder<PgListenerEvent.Stuck> stuck = new Recorder<>();

		@EventListener
		void on(PgListenerEvent.Stuck event) {
			this.stuck.record(event);
		}

	}

	record Failure(Object subscriber, PgNotification notification, Throwable error) {

		Failure {
			Objects.requireNonNull(notification);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Retried {

		final Recorder<String> received = new Recorder<>();

		final Recorder<Failure> errors = new Recorder<>();

		@Nullable String last;

		int attempts;

		@Bean
		RetryPolicy threeTimes() {
			return RetryPolicy.builder().maxRetries(3).delay(Duration.ofMillis(1)).build();
		}

		@Bean
		PgListenerErrorHandler recordingErrors() {
			return (subscriber, notification, error) -> this.errors
				.record(new Failure(subscriber, notification, error));
		}

		@PgListener(channels = "retried", retryPolicy = "threeTimes", errorHandler = "recordingErrors")
		void listen(String payload) {
			this.received.record(payload);
			this.attempts = payload.equals(this.last) ? this.attempts + 1 : 1;
			this.last = payload;
			fail(payload);
			if (payload.equals("fails always") || (payload.equals("fails twice") && this.attempts <= 2)) {
				throw new IllegalStateException("by design");
			}
		}

		@PgListener(channels = "typed", errorHandler = "recordingErrors")
		void typed(int payload) {
			this.received.record(String.valueOf(payload));
		}

	}

}
