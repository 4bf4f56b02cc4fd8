package io.github.pgnotify.listener;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.listener.PgListenerContainerSettings.Capacity;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.fault.Seed;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where a gap is told among the deliveries of a listener that handles several at once.
 */
@Timeout(60)
class MailboxTests {

	private static final Capacity CAPACITY = new Capacity(100_000, DataSize.ofMegabytes(100), Overflow.DROP_OLDEST);

	private static final PgGap GAP = new PgGap(PgGap.Cause.CONNECTION_LOST, Instant.EPOCH, Instant.EPOCH, null);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	/** How many of the mailbox's workers there are. */
	private final AtomicInteger workers = new AtomicInteger();

	@AfterEach
	void end() {
		this.threads.shutdownNow();
	}

	@Test
	void nobodyBeginsWhatCameAfterAGapWhileItIsTold() throws Exception {
		CountDownLatch finish = new CountDownLatch(1);
		CountDownLatch tell = new CountDownLatch(1);
		CyclicBarrier together = new CyclicBarrier(2);
		Recorder<String> log = new Recorder<>();
		Mailbox mailbox = mailbox(4, new Handler() {

			@Override
			void deliver(String payload) throws Exception {
				log.record(payload);
				if (payload.startsWith("before")) {
					finish.await();
				}
				else {
					// the listener is as concurrent again as it was
					together.await();
				}
			}

			@Override
			void tell(PgGap gap) throws Exception {
				log.record("gap begins");
				tell.await();
				log.record("gap ends");
			}

		});
		put(mailbox, "before 1");
		put(mailbox, "before 2");
		log.await(2);
		mailbox.put(GAP);
		put(mailbox, "after 1");
		// while those before it are still being handled
		assertThat(log.await(3)).endsWith("gap begins");
		finish.countDown();
		Awaitility.await().until(() -> this.workers.get() == 1);
		put(mailbox, "after 2");
		assertThat(this.workers).hasValue(1);
		assertThat(log.received()).hasSize(3);
		tell.countDown();
		assertThat(log.await(6).subList(3, 6)).startsWith("gap ends").contains("after 1", "after 2");
	}

	@Test
	void gapsKeepTheirPlaceAmongDeliveriesHoweverConcurrent() throws Exception {
		Random random = Seed.random("mailbox gaps");
		for (int round = 0; round < 200; round++) {
			int count = 1 + random.nextInt(200);
			int concurrency = 1 + random.nextInt(8);
			Journal journal = new Journal();
			Mailbox mailbox = mailbox(concurrency, journal);
			List<Boolean> gaps = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				boolean gap = random.nextInt(5) == 0;
				gaps.add(gap);
				if (gap) {
					mailbox.put(new PgGap(PgGap.Cause.CONNECTION_LOST, Instant.ofEpochSecond(i), Instant.EPOCH, null));
				}
				else {
					put(mailbox, String.valueOf(i));
				}
			}
			assertThat(mailbox.awaitIdle(System.nanoTime() + TimeUnit.SECONDS.toNanos(30))).isTrue();
			journal.check(gaps);
		}
	}

	private Mailbox mailbox(int concurrency, Mailbox.Handler handler) {
		return new Mailbox((task) -> {
			this.workers.incrementAndGet();
			this.threads.execute(() -> {
				try {
					task.run();
				}
				finally {
					this.workers.decrementAndGet();
				}
			});
		}, concurrency, CAPACITY, handler);
	}

	private static void put(Mailbox mailbox, String payload) {
		mailbox
			.put(new Mailbox.Delivery(null, new Arrival(new PgNotification(ChannelName.of("any"), payload, 1), null)));
	}

	private abstract static class Handler implements Mailbox.Handler {

		abstract void deliver(String payload) throws Exception;

		abstract void tell(PgGap gap) throws Exception;

		@Override
		public final void deliver(Mailbox.Delivery delivery) {
			try {
				deliver(delivery.arrival().notification().payload());
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		public final void gap(PgGap gap) {
			try {
				tell(gap);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		public final void dropped(PgGap gap) {
			throw new IllegalStateException("Nothing was to be dropped");
		}

	}

	/**
	 * When each entry began and, for a gap, ended.
	 */
	private static final class Journal extends Handler {

		private final AtomicInteger clock = new AtomicInteger();

		private final int[] begun = new int[200];

		private final int[] told = new int[200];

		@Override
		void deliver(String payload) {
			this.begun[Integer.parseInt(payload)] = this.clock.incrementAndGet();
			Thread.yield();
		}

		@Override
		void tell(PgGap gap) {
			int index = (int) gap.from().getEpochSecond();
			this.begun[index] = this.clock.incrementAndGet();
			Thread.yield();
			this.told[index] = this.clock.incrementAndGet();
		}

		void check(List<Boolean> gaps) {
			for (int gap = 0; gap < gaps.size(); gap++) {
				assertThat(this.begun[gap]).as("entry %s", gap).isPositive();
				if (gaps.get(gap)) {
					for (int after = gap + 1; after < gaps.size(); after++) {
						assertThat(this.begun[after]).as("entry %s after gap %s", after, gap)
							.isGreaterThan(this.told[gap]);
					}
				}
			}
		}

	}

}
