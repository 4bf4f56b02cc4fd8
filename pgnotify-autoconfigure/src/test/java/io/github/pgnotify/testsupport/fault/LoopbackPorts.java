package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports of the loopback interface to listen on. They are outside of the range from
 * which the system takes ports for outgoing connections: so nobody gets a port while its
 * server is down, and nobody who tries to reach that server connects to himself.
 */
final class LoopbackPorts {

	/**
	 * Where all of the kit's servers listen.
	 */
	static final String HOST = "127.0.0.1";

	private static final int FIRST = 15_000;

	private static final int LAST = 32_000;

	private static final int ATTEMPTS = 1_000;

	private LoopbackPorts() {
	}

	/**
	 * Returns a port on which nobody listens at present.
	 */
	static int free() {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
			try (ServerSocket socket = new ServerSocket()) {
				socket.setReuseAddress(false);
				socket.bind(address(port));
				return port;
			}
			catch (IOException ex) {
				// taken
			}
		}
		throw new IllegalStateException("No free port between " + FIRST + " and " + LAST);
	}

	/**
	 * Listens.
	 */
	static ServerSocket listen(int port, int backlog) {
		try {
			return new ServerSocket(port, backlog, InetAddress.getByName(HOST));
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot listen on port " + port, ex);
		}
	}

	static InetSocketAddress address(int port) {
		return new InetSocketAddress(HOST, port);
	}

}
