package io.github.pgnotify.listener;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.DeliveryLedger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The listening session is ended by the server again and again while messages flow.
 */
class TerminatedUnderLoadIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@Test
	void everyLossIsAnnouncedInItsPlaceAndNothingIsDoubledOrOutOfOrder() {
		int kills = Figures.count(20, 100);
		PgNotifyContext.runner(this.database).withUserConfiguration(Listener.class).run((context) -> {
			Listener listener = context.getBean(Listener.class);
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			MessageFlow flow = new MessageFlow(this.database, listener.ledger, List.of("load"));
			Figures live = new Figures("backend terminated under load -> LIVE again");
			for (int kill = 1; kill <= kills; kill++) {
				flow.awaitMore(20);
				int expected = kill;
				long begin = System.nanoTime();
				terminate(registry.status());
				Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(1)).until(() -> {
					ListeningStatus status = registry.status();
					return status.gaps() == expected && status.isLive();
				});
				live.add(Duration.ofNanos(System.nanoTime() - begin));
			}
			flow.awaitMore(20);
			flow.close();
			long sent = flow.rounds();
			Awaitility.await().atMost(PATIENCE).until(() -> listener.last == sent - 1);
			live.print();
			assertThat(listener.gaps.await(kills)).allSatisfy((gap) -> {
				assertThat(gap.cause()).isEqualTo(PgGap.Cause.CONNECTION_LOST);
				assertThat(gap.dropped()).isNull();
				assertThat(gap.from()).isBeforeOrEqualTo(gap.to());
			});
			// else the ledger would not have seen a message after each of them
			assertThat(listener.gapsWithoutMessageBetween).hasValue(0);
			DeliveryLedger.Report report = listener.ledger.check();
			Figures.print("messages lost with announcement in " + kills + " terminations, of " + sent,
					report.lost().count());
			assertThat(report.lostSilently().count()).as("lost silently %s", report.lostSilently().examples()).isZero();
			assertThat(report.duplicated().count()).as("duplicated %s", report.duplicated().examples()).isZero();
			assertThat(report.reordered().count()).as("reordered %s", report.reordered().examples()).isZero();
			assertThat(report.unexpected().count()).as("unexpected %s", report.unexpected().examples()).isZero();
			assertThat(report.gaps()).isEqualTo(kills);
		});
	}

	private void terminate(ListeningStatus status) {
		assertThat(this.database.queryForString("SELECT pg_terminate_backend(?)", status.backendPid())).isEqualTo("t");
	}

	static class Listener {

		final DeliveryLedger ledger = new DeliveryLedger();

		final Recorder<PgGap> gaps = new Recorder<>();

		final AtomicInteger gapsWithoutMessageBetween = new AtomicInteger();

		volatile long last = -1;

		private boolean afterGap;

		@PgListener(channels = "load", onGap = "gap")
		void listen(long sequence) {
			this.afterGap = false;
			this.ledger.received("load", sequence);
			this.last = sequence;
		}

		void gap(PgGap gap) {
			if (this.afterGap) {
				this.gapsWithoutMessageBetween.incrementAndGet();
			}
			this.afterGap = true;
			this.ledger.gap();
			this.gaps.record(gap);
		}

	}

}
