package io.github.pgnotify.testsupport.fault;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.pgnotify.testsupport.fault.DeliveryLedger.Finding;
import io.github.pgnotify.testsupport.fault.DeliveryLedger.Report;

import static org.assertj.core.api.Assertions.assertThat;

class DeliveryLedgerTests {

	private static final Finding NONE = new Finding(0, List.of());

	private final DeliveryLedger ledger = new DeliveryLedger();

	@Test
	void findsNothingIfAllIsWell() {
		send(0, 5);
		receive(0, 1, 2, 3, 4);
		this.ledger.received("other", 0);
		this.ledger.sent("other", 0);
		assertThat(this.ledger.check()).isEqualTo(new Report(6, 6, NONE, NONE, NONE, NONE, NONE, 0, 0, 0));
		assertThat(this.ledger.check().isFlawless()).isTrue();
	}

	@Test
	void findsWhatWasLost() {
		send(0, 5);
		receive(0, 3);
		Finding lost = new Finding(3, List.of("a#1", "a#2", "a#4"));
		assertThat(this.ledger.check().lost()).isEqualTo(lost);
		assertThat(this.ledger.check().lostSilently()).isEqualTo(lost);
		assertThat(this.ledger.check().isFlawless()).isFalse();
	}

	@Test
	void givesTenExamplesOverAllStreams() {
		for (int i = 0; i < 20; i++) {
			this.ledger.sent("a", i);
			this.ledger.sent("b", i);
		}
		Finding lost = this.ledger.check().lost();
		assertThat(lost.count()).isEqualTo(40);
		assertThat(lost.examples()).hasSize(10);
	}

	@Test
	void findsWhatWasDuplicatedEachTime() {
		send(0, 2);
		receive(0, 1, 0, 1, 1);
		Report report = this.ledger.check();
		assertThat(report.duplicated()).isEqualTo(new Finding(3, List.of("a#0", "a#1", "a#1")));
		assertThat(report.reordered()).isEqualTo(NONE);
		assertThat(report.lost()).isEqualTo(NONE);
		assertThat(report.received()).isEqualTo(5);
		assertThat(report.isFlawless()).isFalse();
	}

	@Test
	void findsWhatWasReordered() {
		send(0, 4);
		receive(0, 3, 1, 2);
		Report report = this.ledger.check();
		assertThat(report.reordered()).isEqualTo(new Finding(2, List.of("a#1", "a#2")));
		assertThat(report.duplicated()).isEqualTo(NONE);
		assertThat(report.isFlawless()).isFalse();
	}

	@Test
	void doesNotCompareTheOrderOfStreams() {
		this.ledger.sent("a", 7);
		this.ledger.sent("b", 3);
		this.ledger.received("a", 7);
		this.ledger.received("b", 3);
		assertThat(this.ledger.check().isFlawless()).isTrue();
	}

	@Test
	void findsWhatNobodySent() {
		this.ledger.attempted("a", 0);
		this.ledger.attempted("a", 1);
		receive(1, 2);
		Report report = this.ledger.check();
		assertThat(report.unexpected()).isEqualTo(new Finding(1, List.of("a#2")));
		assertThat(report.lost()).isEqualTo(NONE);
		assertThat(report.isFlawless()).isFalse();
	}

	@Test
	void aGapAnnouncesWhatIsMissingInItsPlaceOnly() {
		send(0, 10);
		receive(0, 2);
		this.ledger.gap(2);
		receive(5, 7);
		this.ledger.gap();
		Report report = this.ledger.check();
		assertThat(report.lost().examples()).containsExactly("a#1", "a#3", "a#4", "a#6", "a#8", "a#9");
		assertThat(report.lostSilently()).isEqualTo(new Finding(2, List.of("a#1", "a#6")));
		assertThat(report.gaps()).isEqualTo(2);
		assertThat(report.announced()).isEqualTo(2);
		assertThat(report.gapsOfUnknownSize()).isEqualTo(1);
	}

	@Test
	void aGapConcernsEveryStream() {
		send(0, 3);
		this.ledger.sent("never received", 0);
		receive(0);
		this.ledger.gap();
		receive(2);
		this.ledger.sent("later", 0);
		this.ledger.sent("later", 1);
		this.ledger.received("later", 1);
		assertThat(this.ledger.check().lost().count()).isEqualTo(3);
		assertThat(this.ledger.check().lostSilently()).isEqualTo(NONE);
	}

	@Test
	void aMessageThatIsLateDoesNotUseUpAGap() {
		send(0, 6);
		receive(0, 2);
		this.ledger.gap();
		receive(1, 5);
		assertThat(this.ledger.check().lostSilently()).isEqualTo(NONE);
		assertThat(this.ledger.check().reordered().examples()).containsExactly("a#1");
	}

	/**
	 * The ledger against a slow account of the same.
	 */
	@Test
	void agreesWithASimpleAccount() {
		Random random = Seed.random("ledger");
		int count = 500;
		List<Integer> arrivals = new ArrayList<>();
		BitSet lost = new BitSet();
		for (int i = 0; i < count; i++) {
			this.ledger.sent("a", i);
			int times = random.nextInt(10);
			lost.set(i, times == 0);
			arrivals.addAll(Collections.nCopies((times == 9) ? 2 : Math.min(times, 1), i));
		}
		Collections.swap(arrivals, random.nextInt(arrivals.size()), random.nextInt(arrivals.size()));
		long duplicated = arrivals.size() - arrivals.stream().distinct().count();
		List<Integer> firsts = arrivals.stream().distinct().toList();
		long reordered = IntStream.range(0, firsts.size())
			.filter((i) -> firsts.subList(0, i).stream().anyMatch((earlier) -> earlier > firsts.get(i)))
			.count();
		arrivals.forEach((sequence) -> this.ledger.received("a", sequence));
		Report report = this.ledger.check();
		assertThat(report.lost().count()).isEqualTo(lost.cardinality());
		assertThat(report.duplicated().count()).isEqualTo(duplicated);
		assertThat(report.reordered().count()).isEqualTo(reordered);
		assertThat(report.received()).isEqualTo(arrivals.size());
	}

	@Test
	@Timeout(30)
	void keepsAccountOfAMillionMessagesOfManyThreads() throws InterruptedException {
		int threads = 4;
		int count = 250_000;
		List<Thread> senders = IntStream.range(0, threads).mapToObj((number) -> new Thread(() -> {
			for (int i = 0; i < count; i++) {
				this.ledger.sent("shared", number * count + i);
				this.ledger.received("stream " + number, i);
				this.ledger.sent("stream " + number, i);
			}
		})).toList();
		senders.forEach(Thread::start);
		for (Thread sender : senders) {
			sender.join();
		}
		Report report = this.ledger.check();
		assertThat(report.sent()).isEqualTo(2L * threads * count);
		assertThat(report.received()).isEqualTo((long) threads * count);
		assertThat(report.lost().count()).isEqualTo((long) threads * count);
		assertThat(report.lost().examples()).startsWith("shared#0", "shared#1").hasSize(10);
		assertThat(report.duplicated()).isEqualTo(NONE);
		assertThat(report.reordered()).isEqualTo(NONE);
	}

	private void send(int from, int to) {
		IntStream.range(from, to).forEach((sequence) -> this.ledger.sent("a", sequence));
	}

	private void receive(int... sequences) {
		for (int sequence : sequences) {
			this.ledger.received("a", sequence);
		}
	}

}
