package io.github.pgnotify.benchmarks.live;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.exception.ScramException;
import io.github.pgnotify.benchmarks.Database;

/**
 * A session that reads PostgreSQL's protocol from a socket and can do nothing but listen.
 * Trusts or SCRAM, no TLS.
 *
 * @see <a href=
 * "https://www.postgresql.org/docs/current/protocol-message-formats.html">Message
 * formats</a>
 */
final class RawSocket implements AutoCloseable {

	private static final int PROTOCOL_3_0 = 196608;

	private static final int OK = 0;

	private static final int SASL = 10;

	private static final int SASL_CONTINUE = 11;

	private static final int SASL_FINAL = 12;

	private final Socket socket;

	private final DataInputStream in;

	private final DataOutputStream out;

	RawSocket(Database database) throws IOException {
		this.socket = new Socket(database.host(), database.port());
		this.socket.setTcpNoDelay(true);
		this.in = new DataInputStream(new BufferedInputStream(this.socket.getInputStream()));
		this.out = new DataOutputStream(this.socket.getOutputStream());
		ByteArrayOutputStream startup = new ByteArrayOutputStream();
		new DataOutputStream(startup).writeInt(PROTOCOL_3_0);
		for (String text : new String[] { "user", database.user(), "database", database.name(), "" }) {
			startup.write(terminated(text));
		}
		write(startup.toByteArray());
		awaitReady(database);
	}

	/**
	 * Listens on a channel from now on.
	 */
	void listen(Database database, String channel) throws IOException {
		write('Q', terminated("LISTEN " + channel));
		awaitReady(database);
	}

	/**
	 * Hands on payloads until the session ends.
	 */
	void read(Consumer<String> handler) throws IOException {
		while (true) {
			int type = this.in.readByte();
			byte[] body = this.in.readNBytes(this.in.readInt() - Integer.BYTES);
			if (type == 'A') {
				handler.accept(payload(body));
			}
		}
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

	/**
	 * The sender's process id, then the channel and the payload, each of which ends with
	 * zero.
	 */
	private static String payload(byte[] body) {
		int begin = Integer.BYTES;
		while (body[begin] != 0) {
			begin++;
		}
		return new String(body, begin + 1, body.length - begin - 2, StandardCharsets.UTF_8);
	}

	private void awaitReady(Database database) throws IOException {
		ScramClient scram = ScramClient.builder()
			.advertisedMechanisms(List.of("SCRAM-SHA-256"))
			.username(database.user())
			.password(database.password().toCharArray())
			.build();
		for (int type = 0; type != 'Z';) {
			type = this.in.readByte();
			ByteBuffer body = ByteBuffer.wrap(this.in.readNBytes(this.in.readInt() - Integer.BYTES));
			if (type == 'E') {
				throw new IOException(StandardCharsets.UTF_8.decode(body).toString());
			}
			if (type == 'R') {
				authenticate(scram, body.getInt(), body);
			}
		}
	}

	private void authenticate(ScramClient scram, int step, ByteBuffer body) throws IOException {
		try {
			switch (step) {
				case OK -> {
				}
				case SASL -> {
					byte[] first = scram.clientFirstMessage().toString().getBytes(StandardCharsets.UTF_8);
					byte[] mechanism = terminated(scram.getScramMechanism().getName());
					write('p',
							ByteBuffer.allocate(mechanism.length + Integer.BYTES + first.length)
								.put(mechanism)
								.putInt(first.length)
								.put(first)
								.array());
				}
				case SASL_CONTINUE -> {
					scram.serverFirstMessage(StandardCharsets.UTF_8.decode(body).toString());
					write('p', scram.clientFinalMessage().toString().getBytes(StandardCharsets.UTF_8));
				}
				case SASL_FINAL -> scram.serverFinalMessage(StandardCharsets.UTF_8.decode(body).toString());
				default -> throw new IOException("The server wants another authentication than SCRAM: " + step);
			}
		}
		catch (ScramException ex) {
			throw new IOException(ex);
		}
	}

	private void write(int type, byte[] body) throws IOException {
		this.out.write(ByteBuffer.allocate(1 + Integer.BYTES + body.length)
			.put((byte) type)
			.putInt(Integer.BYTES + body.length)
			.put(body)
			.array());
	}

	private void write(byte[] body) throws IOException {
		this.out.write(
				ByteBuffer.allocate(Integer.BYTES + body.length).putInt(Integer.BYTES + body.length).put(body).array());
	}

	private static byte[] terminated(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return Arrays.copyOf(bytes, bytes.length + 1);
	}

}
