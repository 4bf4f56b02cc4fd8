package io.github.pgnotify.connection;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;

import io.github.pgnotify.connection.PromptSocketFactory.PromptSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Sockets that are asked as the driver asks: once with patience, then with the shortest
 * time-out for as long as there is more.
 */
class PromptSocketTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@ParameterizedTest
	@ValueSource(strings = { "", PromptSocketFactory.PATIENT })
	void collectingEndsThoughMoreComesAllTheTime(String argument) throws Exception {
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				Socket socket = new PromptSocketFactory(argument).createSocket(server.getInetAddress(),
						server.getLocalPort());
				Socket sender = server.accept()) {
			new Thread(() -> sendUntilClosed(sender)).start();
			for (int i = 0; i < 3; i++) {
				assertThat(collect(socket)).as("bytes handed out").isPositive();
			}
		}
	}

	@Test
	void whatHasNotArrivedIsNotWaitedForUnlessAskedTo() throws Exception {
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				Socket socket = new PromptSocketFactory().createSocket(server.getInetAddress(), server.getLocalPort());
				Socket sender = server.accept()) {
			InputStream stream = socket.getInputStream();
			socket.setSoTimeout(PromptSocket.PEEK_MILLIS);
			assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(stream::read)
				.withMessage("Nothing more has been received");
			sender.getOutputStream().write('A');
			socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
			assertThat(stream.read()).isEqualTo('A');
		}
	}

	/**
	 * Reads until there is nothing more, or so it seems.
	 */
	private static long collect(Socket socket) throws IOException {
		byte[] buffer = new byte[512];
		InputStream stream = socket.getInputStream();
		socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
		long collected = stream.read(buffer);
		socket.setSoTimeout(0);
		long begin = System.nanoTime();
		while (System.nanoTime() - begin < PATIENCE.toNanos()) {
			if (stream.available() == 0) {
				socket.setSoTimeout(PromptSocket.PEEK_MILLIS);
				try {
					collected += stream.read(buffer);
				}
				catch (SocketTimeoutException ex) {
					return collected;
				}
				finally {
					socket.setSoTimeout(0);
				}
			}
			else {
				collected += stream.read(buffer);
			}
		}
		throw new AssertionError("Still collecting after " + PATIENCE + ": " + collected + " bytes");
	}

	private static void sendUntilClosed(Socket sender) {
		byte[] block = new byte[64 * 1024];
		try {
			while (true) {
				sender.getOutputStream().write(block);
			}
		}
		catch (IOException ex) {
			// closed
		}
	}

}
