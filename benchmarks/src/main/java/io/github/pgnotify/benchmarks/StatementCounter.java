package io.github.pgnotify.benchmarks;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the statements in what one client sends, by PostgreSQL's protocol: messages that
 * execute something. Knows nothing of what is encrypted.
 *
 * @see <a href=
 * "https://www.postgresql.org/docs/current/protocol-message-formats.html">Message
 * formats</a>
 */
final class StatementCounter {

	private static final int SSL_REQUEST = 80877103;

	private static final int GSS_REQUEST = 80877104;

	private static final int LENGTH_BYTES = 4;

	private final LongAdder statements;

	private boolean started;

	private int type;

	private int headerBytes;

	private int length;

	private int code;

	private int position;

	/**
	 * Begins with a connection.
	 * @param statements where to count
	 */
	StatementCounter(LongAdder statements) {
		this.statements = statements;
	}

	/**
	 * Takes the next bytes.
	 */
	void count(byte[] bytes, int count) {
		for (int i = 0; i < count;) {
			if (this.headerBytes < header()) {
				header(bytes[i++] & 0xff);
			}
			else if (!this.started && this.position < LENGTH_BYTES) {
				this.code = (this.code << 8) | (bytes[i++] & 0xff);
				this.position++;
			}
			else {
				int part = Math.min(count - i, body() - this.position);
				i += part;
				this.position += part;
			}
			if (this.headerBytes == header() && this.position >= body()) {
				complete();
			}
		}
	}

	/** Only what starts a connection has no type. */
	private int header() {
		return this.started ? LENGTH_BYTES + 1 : LENGTH_BYTES;
	}

	private int body() {
		return this.length - LENGTH_BYTES;
	}

	private void header(int value) {
		if (this.started && this.headerBytes == 0) {
			this.type = value;
		}
		else {
			this.length = (this.length << 8) | value;
		}
		this.headerBytes++;
	}

	private void complete() {
		if (this.started && (this.type == 'Q' || this.type == 'E')) {
			this.statements.increment();
		}
		if (!this.started) {
			this.started = this.code != SSL_REQUEST && this.code != GSS_REQUEST;
		}
		this.headerBytes = 0;
		this.length = 0;
		this.code = 0;
		this.position = 0;
	}

}
