package io.github.pgnotify.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A WebSocket client that does only what it is told, on a bare socket.
 */
final class RawSocketClient implements AutoCloseable {

	private static final int TEXT = 0x81;

	private final Socket socket = new Socket();

	private final InputStream input;

	private final OutputStream output;

	RawSocketClient(int port) throws IOException {
		// Before it connects: the window is agreed on then
		this.socket.setReceiveBufferSize(4096);
		this.socket.connect(new InetSocketAddress("localhost", port));
		this.socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
		this.input = this.socket.getInputStream();
		this.output = this.socket.getOutputStream();
	}

	static RawSocketClient connect(int port, String path, String... headers) throws IOException {
		RawSocketClient client = new RawSocketClient(port);
		client.write("GET " + path + " HTTP/1.1\r\nHost: localhost:" + port
				+ "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				+ "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + String.join("", headers) + "\r\n");
		return client;
	}

	void write(String text) throws IOException {
		this.output.write(text.getBytes(StandardCharsets.ISO_8859_1));
		this.output.flush();
	}

	/**
	 * Reads the head of an HTTP response.
	 */
	String readHead() throws IOException {
		StringBuilder head = new StringBuilder();
		while (head.indexOf("\r\n\r\n") < 0) {
			int next = this.input.read();
			if (next < 0) {
				break;
			}
			head.append((char) next);
		}
		return head.toString();
	}

	/**
	 * Sends a text frame.
	 */
	void send(String text) throws IOException {
		byte[] payload = text.getBytes(StandardCharsets.UTF_8);
		sendHead(payload.length);
		this.output.write(payload);
		this.output.flush();
	}

	/**
	 * Announces a text frame of so many bytes, under the mask that changes nothing.
	 */
	void sendHead(long length) throws IOException {
		this.output.write(TEXT);
		this.output.write(0x80 | 127);
		for (int shift = 56; shift >= 0; shift -= 8) {
			this.output.write((int) (length >>> shift) & 0xff);
		}
		this.output.write(new byte[4]);
	}

	int read() throws IOException {
		return this.input.read();
	}

	/**
	 * Reads frames until the one that closes.
	 * @return its code; -1 if the connection just ends
	 */
	int readCloseCode() throws IOException {
		while (true) {
			int opcode = this.input.read();
			if (opcode < 0) {
				return -1;
			}
			long length = this.input.read() & 0x7f;
			if (length >= 126) {
				int bytes = (length == 126) ? 2 : 8;
				length = 0;
				for (int i = 0; i < bytes; i++) {
					length = (length << 8) | this.input.read();
				}
			}
			byte[] payload = this.input.readNBytes((int) length);
			if ((opcode & 0xf) == 8) {
				return ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
			}
		}
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}
