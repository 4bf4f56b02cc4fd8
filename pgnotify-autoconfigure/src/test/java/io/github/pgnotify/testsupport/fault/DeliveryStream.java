package io.github.pgnotify.testsupport.fault;

import java.util.BitSet;
import java.util.List;

import io.github.pgnotify.testsupport.fault.DeliveryLedger.Finding;

/**
 * The messages of one stream of a {@link DeliveryLedger}.
 */
final class DeliveryStream {

	private final String name;

	private final BitSet attempted = new BitSet();

	private final BitSet sent = new BitSet();

	private final BitSet received = new BitSet();

	/**
	 * Where gaps were: between two messages that were received one after the other.
	 */
	private final BitSet announced = new BitSet();

	private Finding duplicated = new Finding(0, List.of());

	private Finding reordered = new Finding(0, List.of());

	private int highest = -1;

	private long gapsPassed;

	DeliveryStream(String name) {
		this.name = name;
	}

	synchronized void attempted(long sequence) {
		this.attempted.set(Math.toIntExact(sequence));
	}

	synchronized void sent(long sequence) {
		this.sent.set(Math.toIntExact(sequence));
	}

	/**
	 * Takes a message.
	 * @param gaps how many gaps came before it
	 */
	synchronized void received(long number, long gaps) {
		int sequence = Math.toIntExact(number);
		if (this.received.get(sequence)) {
			this.duplicated = this.duplicated.and(this.name + "#" + sequence);
		}
		else if (sequence < this.highest) {
			this.reordered = this.reordered.and(this.name + "#" + sequence);
		}
		else {
			if (gaps > this.gapsPassed) {
				this.announced.set(this.highest + 1, sequence);
			}
			this.gapsPassed = gaps;
			this.highest = sequence;
		}
		this.received.set(sequence);
	}

	/**
	 * Draws up the account.
	 * @param gaps how many gaps there were in all: what is missing after the last message
	 * is announced if a gap came after that
	 */
	synchronized Account account(long gaps) {
		BitSet lost = without(this.sent, this.received);
		BitSet silently = without(lost, this.announced);
		if (gaps > this.gapsPassed) {
			silently.clear(this.highest + 1, Math.max(this.highest + 1, silently.length()));
		}
		BitSet unexpected = without(without(this.received, this.sent), this.attempted);
		return new Account(this.sent.cardinality(), this.received.cardinality() + this.duplicated.count(),
				Finding.of(this.name, lost), Finding.of(this.name, silently), this.duplicated, this.reordered,
				Finding.of(this.name, unexpected));
	}

	private static BitSet without(BitSet some, BitSet others) {
		BitSet rest = (BitSet) some.clone();
		rest.andNot(others);
		return rest;
	}

	/**
	 * What became of the stream's messages.
	 */
	record Account(long sent, long received, Finding lost, Finding lostSilently, Finding duplicated, Finding reordered,
			Finding unexpected) {

	}

}
