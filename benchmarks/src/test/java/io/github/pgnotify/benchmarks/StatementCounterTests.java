package io.github.pgnotify.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StatementCounterTests {

	private static final int PROTOCOL_3_0 = 196608;

	private static final int SSL_REQUEST = 80877103;

	private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

	private final DataOutputStream out = new DataOutputStream(this.sent);

	@Test
	void countsWhatIsExecutedHoweverItIsCut() throws IOException {
		start(SSL_REQUEST, 0);
		start(PROTOCOL_3_0, 30);
		message('Q', 9);
		message('P', 200);
		message('B', 20);
		message('E', 5);
		message('S', 0);
		message('E', 5);
		byte[] bytes = this.sent.toByteArray();
		for (int part = 1; part <= bytes.length; part++) {
			LongAdder statements = new LongAdder();
			StatementCounter counter = new StatementCounter(statements);
			for (int begin = 0; begin < bytes.length; begin += part) {
				int length = Math.min(part, bytes.length - begin);
				byte[] chunk = new byte[length + 3];
				System.arraycopy(bytes, begin, chunk, 0, length);
				counter.count(chunk, length);
			}
			assertThat(statements.sum()).as("cut into parts of %d bytes", part).isEqualTo(3);
		}
	}

	private void start(int code, int length) throws IOException {
		this.out.writeInt(8 + length);
		this.out.writeInt(code);
		this.out.write(new byte[length]);
	}

	private void message(int type, int length) throws IOException {
		this.out.writeByte(type);
		this.out.writeInt(4 + length);
		byte[] body = new byte[length];
		Arrays.fill(body, (byte) 'E');
		this.out.write(body);
	}

}
