package io.github.pgnotify.listener;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Listens as nobody can be faster: reads PostgreSQL's protocol from the socket and does
 * nothing else. Only of a server that trusts.
 *
 * @see <a href=
 * "https://www.postgresql.org/docs/current/protocol-message-formats.html">Message
 * formats</a>
 */
final class RawListener implements AutoCloseable {

	private static final int PROTOCOL_3_0 = 196608;

	private final Socket socket;

	private final DataInputStream in;

	private final DataOutputStream out;

	RawListener(String host, int port, String user, String channel) throws IOException {
		this.socket = new Socket(host, port);
		this.socket.setTcpNoDelay(true);
		this.in = new DataInputStream(new BufferedInputStream(this.socket.getInputStream()));
		this.out = new DataOutputStream(this.socket.getOutputStream());
		ByteArrayOutputStream startup = new ByteArrayOutputStream();
		new DataOutputStream(startup).writeInt(PROTOCOL_3_0);
		for (String text : new String[] { "user", user, "database", "postgres", "" }) {
			startup.write(text.getBytes(StandardCharsets.UTF_8));
			startup.write(0);
		}
		this.out.writeInt(startup.size() + 4);
		this.out.write(startup.toByteArray());
		awaitReady();
		byte[] listen = ("LISTEN " + channel).getBytes(StandardCharsets.UTF_8);
		this.out.writeByte('Q');
		this.out.writeInt(listen.length + 5);
		this.out.write(listen);
		this.out.writeByte(0);
		awaitReady();
	}

	/**
	 * Hands on payloads until there were so many.
	 */
	void read(int count, Consumer<String> consumer) throws IOException {
		for (int received = 0; received < count;) {
			int type = this.in.readByte();
			byte[] body = this.in.readNBytes(this.in.readInt() - 4);
			if (type == 'A') {
				consumer.accept(payload(body));
				received++;
			}
		}
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

	/**
	 * Four bytes of the sender's pid, the channel and the payload, each ended by zero.
	 */
	private static String payload(byte[] body) {
		int begin = 4;
		while (body[begin] != 0) {
			begin++;
		}
		return new String(body, begin + 1, body.length - begin - 2, StandardCharsets.UTF_8);
	}

	private void awaitReady() throws IOException {
		while (true) {
			int type = this.in.readByte();
			byte[] body = this.in.readNBytes(this.in.readInt() - 4);
			if (type == 'E') {
				throw new IOException(new String(body, StandardCharsets.UTF_8));
			}
			if (type == 'R' && body[3] != 0) {
				throw new IOException("The server wants a password");
			}
			if (type == 'Z') {
				return;
			}
		}
	}

}
