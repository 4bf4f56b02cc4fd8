package io.github.pgnotify.testsupport.fault;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Finds the messages in what a PostgreSQL server sends on one connection, from its first
 * byte. All bytes that go in come out, once and in order. It gives up, and hands out the
 * rest as it comes, where the connection gets encrypted and where it is something else
 * than PostgreSQL's.
 * <p>
 * For one thread.
 */
final class BackendFramer {

	/**
	 * Type and length.
	 */
	static final int HEADER_LENGTH = 1 + Integer.BYTES;

	private static final int LONGEST_MESSAGE = 64 << 20;

	/**
	 * The message that is not complete.
	 */
	private final ByteArrayOutputStream current = new ByteArrayOutputStream();

	/**
	 * How much of that was handed out.
	 */
	private int handedOut;

	/**
	 * How long that will be, or its header, as long as that is not complete.
	 */
	private int expected = HEADER_LENGTH;

	private boolean headerComplete;

	/**
	 * Before the first message the server may answer requests for encryption with one
	 * byte each.
	 */
	private boolean beforeFirstMessage = true;

	private boolean blind;

	/**
	 * Takes the next bytes and returns what may go on.
	 * @param bytes the bytes
	 * @param whole whether to keep back a message that is not complete, unless its
	 * beginning has gone on already
	 */
	List<Piece> split(byte[] bytes, boolean whole) {
		List<Piece> pieces = new ArrayList<>();
		int position = 0;
		while (position < bytes.length && !this.blind) {
			if (this.beforeFirstMessage && answersRequestForEncryption(bytes[position])) {
				pieces.add(new Piece(new byte[] { bytes[position] }, null));
				position++;
			}
			else {
				this.beforeFirstMessage = false;
				position += take(bytes, position, pieces);
			}
		}
		if (position < bytes.length) {
			this.current.write(bytes, position, bytes.length - position);
		}
		if (!whole || this.blind) {
			pieces.addAll(rest());
		}
		return pieces;
	}

	/**
	 * Returns what was kept back, as nothing more will come.
	 */
	List<Piece> rest() {
		byte[] rest = handOut();
		if (this.blind) {
			startMessage();
		}
		return (rest.length > 0) ? List.of(new Piece(rest, null)) : List.of();
	}

	private boolean answersRequestForEncryption(byte first) {
		this.blind = first == 'S' || first == 'G';
		return this.blind || first == 'N';
	}

	private int take(byte[] bytes, int position, List<Piece> pieces) {
		int taken = Math.min(this.expected - this.current.size(), bytes.length - position);
		this.current.write(bytes, position, taken);
		if (!this.headerComplete && this.current.size() == HEADER_LENGTH) {
			readHeader();
		}
		if (this.headerComplete && this.current.size() == this.expected) {
			complete(pieces);
		}
		return taken;
	}

	private void readHeader() {
		int length = ByteBuffer.wrap(this.current.toByteArray(), 1, Integer.BYTES).getInt();
		this.blind = length < Integer.BYTES || length > LONGEST_MESSAGE;
		this.headerComplete = !this.blind;
		this.expected = 1 + length;
	}

	private void complete(List<Piece> pieces) {
		boolean whole = this.handedOut == 0;
		byte[] bytes = handOut();
		pieces.add(new Piece(bytes, whole ? BackendMessage.of(bytes) : null));
		startMessage();
	}

	private void startMessage() {
		this.current.reset();
		this.handedOut = 0;
		this.headerComplete = false;
		this.expected = HEADER_LENGTH;
	}

	private byte[] handOut() {
		byte[] all = this.current.toByteArray();
		byte[] rest = Arrays.copyOfRange(all, this.handedOut, all.length);
		this.handedOut = all.length;
		return rest;
	}

	/**
	 * Bytes that may go on.
	 *
	 * @param bytes the bytes
	 * @param message what they are, if they are one whole message
	 */
	record Piece(byte[] bytes, @Nullable BackendMessage message) {

	}

}
