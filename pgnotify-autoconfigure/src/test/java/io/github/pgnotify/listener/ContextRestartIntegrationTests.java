package io.github.pgnotify.listener;

import java.util.function.Consumer;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerEvent;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application context that is stopped and started, or paused and restarted as those of
 * tests are.
 */
class ContextRestartIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@ParameterizedTest
	@EnumSource
	void listenersHearAgainAndAreToldOfTheGap(Interruption interruption) {
		PgNotifyContext.runner(this.database).withUserConfiguration(Listener.class).run((context) -> {
			Listener listener = context.getBean(Listener.class);
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			notify("before");
			assertThat(listener.received.await(1)).containsExactly("before");
			for (int round = 1; round <= 3; round++) {
				listener.received.clear();
				interruption.begin.accept(application(context));
				assertThat(registry.isRunning()).isFalse();
				Awaitility.await().untilAsserted(() -> assertThat(listeningSessions()).isEqualTo("0"));
				notify("missed");
				interruption.end.accept(application(context));
				assertThat(registry.isRunning()).isTrue();
				notify("after");
				assertThat(listener.received.await(2)).containsExactly("STOPPED null", "after");
				assertThat(listener.gaps.await(round)).last().satisfies((event) -> {
					assertThat(event.subscriber()).isNull();
					assertThat(event.gap().cause()).isEqualTo(PgGap.Cause.STOPPED);
					assertThat(event.gap().from()).isBefore(event.gap().to());
				});
				assertThat(listeningSessions()).isEqualTo("1");
			}
		});
	}

	private static ConfigurableApplicationContext application(AssertableApplicationContext context) {
		return context.getSourceApplicationContext(ConfigurableApplicationContext.class);
	}

	private String listeningSessions() {
		return this.database.queryForString("""
				SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name LIKE '%/pgnotify'""");
	}

	private void notify(String payload) {
		this.database.queryForString("SELECT pg_notify('messages', ?)::text", payload);
	}

	enum Interruption {

		STOP_AND_START(ConfigurableApplicationContext::stop, ConfigurableApplicationContext::start),

		PAUSE_AND_RESTART(ConfigurableApplicationContext::pause, ConfigurableApplicationContext::restart);

		private final Consumer<ConfigurableApplicationContext> begin;

		private final Consumer<ConfigurableApplicationContext> end;

		Interruption(Consumer<ConfigurableApplicationContext> begin, Consumer<ConfigurableApplicationContext> end) {
			this.begin = begin;
			this.end = end;
		}

	}

	static class Listener {

		final Recorder<String> received = new Recorder<>();

		final Recorder<PgListenerEvent.Gap> gaps = new Recorder<>();

		@PgListener(channels = "messages", onGap = "gap")
		void listen(String payload) {
			this.received.record(payload);
		}

		void gap(PgGap gap) {
			this.received.record(gap.cause() + " " + gap.dropped());
		}

		@EventListener
		void on(PgListenerEvent.Gap event) {
			this.gaps.record(event);
		}

	}

}
