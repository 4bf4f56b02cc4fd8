package io.github.pgnotify.testsupport.fault;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/**
 * Keeps account of messages sent and received, and tells which of them were lost,
 * delivered twice or delivered out of order. Messages belong to streams, within which
 * they have sequence numbers and an order; between streams there is none.
 * <p>
 * For any number of threads, with these limits: what one stream receives is told in the
 * order in which it was received, and a gap between the messages before and those after
 * it. A sequence number takes less than a byte; it should therefore be small.
 */
public final class DeliveryLedger {

	private final Map<String, DeliveryStream> streams = new ConcurrentHashMap<>();

	private final AtomicLong gaps = new AtomicLong();

	private final AtomicLong announced = new AtomicLong();

	private final AtomicLong gapsOfUnknownSize = new AtomicLong();

	/**
	 * Says that a message may have been sent, as nobody knows whether it was committed.
	 * It may be received or not.
	 * @param stream name of the stream
	 * @param sequence number of the message in its stream, from 0 on
	 */
	public void attempted(String stream, long sequence) {
		stream(stream).attempted(sequence);
	}

	/**
	 * Says that a message was sent, before or after it is received.
	 * @param stream name of the stream
	 * @param sequence number of the message in its stream, from 0 on
	 */
	public void sent(String stream, long sequence) {
		stream(stream).sent(sequence);
	}

	/**
	 * Says that a message was received.
	 * @param stream name of the stream
	 * @param sequence number of the message in its stream, from 0 on
	 */
	public void received(String stream, long sequence) {
		stream(stream).received(sequence, this.gaps.get());
	}

	/**
	 * Says that the receiver was told that messages of any stream are missing.
	 * @param count how many
	 */
	public void gap(long count) {
		this.announced.addAndGet(count);
		this.gaps.incrementAndGet();
	}

	/**
	 * Says that the receiver was told that messages of any stream may be missing, and not
	 * how many.
	 */
	public void gap() {
		this.gapsOfUnknownSize.incrementAndGet();
		this.gaps.incrementAndGet();
	}

	/**
	 * Compares what was sent with what has been received so far.
	 */
	public Report check() {
		long gapsSoFar = this.gaps.get();
		List<DeliveryStream.Account> accounts = this.streams.values()
			.stream()
			.map((stream) -> stream.account(gapsSoFar))
			.toList();
		return new Report(sum(accounts, DeliveryStream.Account::sent), sum(accounts, DeliveryStream.Account::received),
				Finding.sum(accounts.stream().map(DeliveryStream.Account::lost).toList()),
				Finding.sum(accounts.stream().map(DeliveryStream.Account::lostSilently).toList()),
				Finding.sum(accounts.stream().map(DeliveryStream.Account::duplicated).toList()),
				Finding.sum(accounts.stream().map(DeliveryStream.Account::reordered).toList()),
				Finding.sum(accounts.stream().map(DeliveryStream.Account::unexpected).toList()), gapsSoFar,
				this.announced.get(), this.gapsOfUnknownSize.get());
	}

	private DeliveryStream stream(String name) {
		return this.streams.computeIfAbsent(name, DeliveryStream::new);
	}

	private static long sum(List<DeliveryStream.Account> accounts, ToLongFunction<DeliveryStream.Account> number) {
		return accounts.stream().mapToLong(number).sum();
	}

	/**
	 * What became of the messages.
	 *
	 * @param sent how many were sent
	 * @param received how many were received, those again that were received again
	 * @param lost were sent and not received
	 * @param lostSilently those of them that no gap announced in their place: after the
	 * last message with a lower number and before the next one that was received
	 * @param duplicated were received before; each time counts
	 * @param reordered were received after one with a higher number, and not before
	 * @param unexpected were received and neither sent nor attempted
	 * @param gaps how many gaps there were
	 * @param announced how many messages are missing according to gaps that said so
	 * @param gapsOfUnknownSize how many gaps did not say so
	 */
	public record Report(long sent, long received, Finding lost, Finding lostSilently, Finding duplicated,
			Finding reordered, Finding unexpected, long gaps, long announced, long gapsOfUnknownSize) {

		/**
		 * Tells whether every message was received once and in order, and no other one.
		 */
		public boolean isFlawless() {
			return this.lost.count() + this.duplicated.count() + this.reordered.count() + this.unexpected.count() == 0;
		}

	}

	/**
	 * Messages to which something happened.
	 *
	 * @param count how many
	 * @param examples the first ten of them, as {@code stream#number}
	 */
	public record Finding(long count, List<String> examples) {

		private static final int EXAMPLES = 10;

		static Finding of(String stream, BitSet sequences) {
			return new Finding(sequences.cardinality(),
					sequences.stream().limit(EXAMPLES).mapToObj((sequence) -> stream + "#" + sequence).toList());
		}

		static Finding sum(List<Finding> findings) {
			return new Finding(findings.stream().mapToLong(Finding::count).sum(),
					findings.stream().flatMap((finding) -> finding.examples.stream()).limit(EXAMPLES).toList());
		}

		/**
		 * Counts one more.
		 */
		Finding and(String example) {
			List<String> more = this.examples;
			if (more.size() < EXAMPLES) {
				more = new ArrayList<>(more);
				more.add(example);
			}
			return new Finding(this.count + 1, more);
		}

	}

}
