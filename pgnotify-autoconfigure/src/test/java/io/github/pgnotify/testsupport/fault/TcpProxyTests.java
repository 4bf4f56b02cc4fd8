package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(60)
class TcpProxyTests {

	private static final int PATIENCE_MILLIS = 30_000;

	private static final int SILENCE_MILLIS = 100;

	private final List<Socket> sockets = new ArrayList<>();

	private ServerSocket target;

	private TcpProxy proxy;

	@BeforeEach
	void listen() throws IOException {
		this.target = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
		this.target.setSoTimeout(PATIENCE_MILLIS);
		this.proxy = new TcpProxy("127.0.0.1", this.target.getLocalPort());
	}

	@AfterEach
	void close() throws IOException {
		this.proxy.close();
		this.target.close();
		for (Socket socket : this.sockets) {
			socket.close();
		}
	}

	@Test
	void forwardsBothWays() throws IOException {
		Socket client = connect();
		Socket server = accept();
		send(client, "ping");
		assertThat(receive(server, 4)).isEqualTo("ping");
		send(server, "pong!");
		assertThat(receive(client, 5)).isEqualTo("pong!");
		assertThat(this.proxy.forwarded(Direction.CLIENT_TO_SERVER)).isEqualTo(4);
		assertThat(this.proxy.forwarded(Direction.SERVER_TO_CLIENT)).isEqualTo(5);
		assertThat(this.proxy.connectAttempts()).isEqualTo(1);
	}

	@Test
	void forwardsMuchWithoutChange() throws Exception {
		byte[] much = new byte[3_000_000];
		new Random(Seed.value("much")).nextBytes(much);
		Socket client = connect();
		Socket server = accept();
		Thread sender = new Thread(() -> {
			try {
				server.getOutputStream().write(much);
			}
			catch (IOException ex) {
				// the receiver will miss it
			}
		});
		sender.start();
		assertThat(client.getInputStream().readNBytes(much.length)).isEqualTo(much);
		sender.join();
	}

	@Test
	void passesOnTheEndOfOneSideAndThenTheOther() throws IOException {
		Socket client = connect();
		Socket server = accept();
		send(client, "last words");
		client.shutdownOutput();
		assertThat(receive(server, 10)).isEqualTo("last words");
		assertThat(server.getInputStream().read()).isEqualTo(-1);
		send(server, "reply");
		server.close();
		assertThat(receive(client, 5)).isEqualTo("reply");
		assertThat(client.getInputStream().read()).isEqualTo(-1);
		this.proxy.awaitConnections(0);
	}

	@Test
	void stallsAfterExactlyThatManyBytes() throws IOException {
		Socket client = connect();
		Socket server = accept();
		this.proxy.stallAfter(Direction.SERVER_TO_CLIENT, 5);
		send(server, "abc");
		send(server, "defg");
		assertThat(receive(client, 5)).isEqualTo("abcde");
		this.proxy.awaitStalled(Direction.SERVER_TO_CLIENT);
		assertSilent(client);
		assertThat(this.proxy.forwarded(Direction.SERVER_TO_CLIENT)).isEqualTo(5);
		send(client, "still heard");
		assertThat(receive(server, 11)).isEqualTo("still heard");
		this.proxy.resume();
		assertThat(receive(client, 2)).isEqualTo("fg");
	}

	@Test
	void stallsOnlyTheConnectionsItIsToldTo() throws IOException {
		Socket open = connect();
		Socket openServer = accept();
		this.proxy.stallAfter(Direction.CLIENT_TO_SERVER, 1, TcpProxy.Connections.NEW);
		send(open, "free");
		assertThat(receive(openServer, 4)).isEqualTo("free");
		this.proxy.stallAfter(Direction.SERVER_TO_CLIENT, 0, TcpProxy.Connections.OPEN);
		Socket fresh = connect();
		Socket freshServer = accept();
		send(fresh, "xyz");
		assertThat(receive(freshServer, 1)).isEqualTo("x");
		this.proxy.awaitStalled(Direction.CLIENT_TO_SERVER);
		assertSilent(freshServer);
		send(freshServer, "hello");
		assertThat(receive(fresh, 5)).isEqualTo("hello");
		send(openServer, "hello");
		this.proxy.awaitStalled(Direction.SERVER_TO_CLIENT);
		assertSilent(open);
	}

	@Test
	void holdsEverythingWhileItForwardsNothing() throws IOException {
		Socket client = connect();
		Socket server = accept();
		this.proxy.stopForwarding();
		send(client, "ping");
		this.proxy.awaitStalled(Direction.CLIENT_TO_SERVER);
		server.close();
		this.proxy.awaitStalled(Direction.SERVER_TO_CLIENT);
		assertSilent(client);
		Socket late = connect();
		send(late, "hello");
		this.proxy.awaitConnections(2);
		assertSilent(late);
		assertThat(this.proxy.connectAttempts()).isEqualTo(2);
		this.proxy.resume();
		assertThat(receive(accept(), 5)).isEqualTo("hello");
		assertEnds(client);
	}

	@Test
	void resetsBothSides() throws IOException {
		Socket client = connect();
		Socket server = accept();
		this.proxy.reset();
		assertReset(client);
		assertReset(server);
		assertThat(this.proxy.connections()).isZero();
		connect();
		accept();
	}

	@Test
	void passesOnAReset() throws IOException {
		Socket client = connect();
		Socket server = accept();
		server.setSoLinger(true, 0);
		server.close();
		assertReset(client);
	}

	@Test
	void resetsWhoCannotBeForwarded() throws IOException {
		this.target.close();
		assertReset(this::connect);
	}

	@Test
	void refusesConnects() throws IOException {
		Socket open = connect();
		Socket server = accept();
		this.proxy.refuseConnects();
		assertThatExceptionOfType(ConnectException.class).isThrownBy(this::connect).withMessageContaining("refused");
		send(open, "ok");
		assertThat(receive(server, 2)).isEqualTo("ok");
		this.proxy.acceptConnects();
		connect();
		accept();
		assertThat(this.proxy.connectAttempts()).isEqualTo(2);
	}

	@Test
	void resetsConnectsAndCountsThem() throws IOException {
		this.proxy.resetConnects();
		assertReset(this::connect);
		assertReset(this::connect);
		assertThat(this.proxy.connectAttempts()).isEqualTo(2);
		this.proxy.acceptConnects();
		connect();
		accept();
	}

	@Test
	void dropsConnects() throws IOException {
		connect();
		accept();
		this.proxy.dropConnects();
		for (int i = 0; i < 3; i++) {
			assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> connect(200));
		}
		this.proxy.acceptConnects();
		Socket client = connect();
		send(accept(), "x");
		assertThat(receive(client, 1)).isEqualTo("x");
		assertThat(this.proxy.connectAttempts()).isEqualTo(2);
	}

	@Test
	void delaysWithoutReordering() throws IOException {
		Socket client = connect();
		Socket server = accept();
		this.proxy.delay(Duration.ofMillis(100), Duration.ofMillis(100), Seed.value("delay"));
		long sent = System.nanoTime();
		StringBuilder expected = new StringBuilder();
		for (int i = 0; i < 50; i++) {
			send(server, i + " ");
			expected.append(i).append(' ');
		}
		String first = receive(client, 1);
		long firstMillis = Duration.ofNanos(System.nanoTime() - sent).toMillis();
		assertThat(first + receive(client, expected.length() - 1)).isEqualTo(expected.toString());
		assertThat(firstMillis).isBetween(100L, 5_000L);
		assertThat(Duration.ofNanos(System.nanoTime() - sent)).isLessThan(Duration.ofSeconds(5));
	}

	@Test
	void goesToANewServer() throws IOException {
		try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
			other.setSoTimeout(PATIENCE_MILLIS);
			this.proxy.retarget("127.0.0.1", other.getLocalPort());
			Socket client = connect();
			try (Socket server = other.accept()) {
				send(server, "x");
				assertThat(receive(client, 1)).isEqualTo("x");
			}
		}
	}

	@Test
	void leavesNoThreadAndNoSocket() throws IOException {
		Socket client = connect();
		accept();
		this.proxy.stopForwarding();
		send(client, "held");
		connect();
		this.proxy.awaitStalled();
		this.proxy.awaitConnections(2);
		this.proxy.dropConnects();
		this.proxy.close();
		assertThat(Thread.getAllStackTraces().keySet())
			.noneMatch((thread) -> thread.getName().endsWith("-to-" + this.target.getLocalPort()));
		assertReset(client);
		assertThatExceptionOfType(ConnectException.class).isThrownBy(this::connect);
	}

	private Socket connect() throws IOException {
		return connect(PATIENCE_MILLIS);
	}

	private Socket connect(int timeoutMillis) throws IOException {
		Socket socket = new Socket();
		this.sockets.add(socket);
		socket.setSoTimeout(PATIENCE_MILLIS);
		socket.connect(LoopbackPorts.address(this.proxy.port()), timeoutMillis);
		return socket;
	}

	private Socket accept() throws IOException {
		Socket socket = this.target.accept();
		this.sockets.add(socket);
		socket.setSoTimeout(PATIENCE_MILLIS);
		return socket;
	}

	private static void send(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
	}

	private static String receive(Socket socket, int length) throws IOException {
		return new String(socket.getInputStream().readNBytes(length), StandardCharsets.US_ASCII);
	}

	private static void assertSilent(Socket socket) throws IOException {
		socket.setSoTimeout(SILENCE_MILLIS);
		assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> socket.getInputStream().read());
		socket.setSoTimeout(PATIENCE_MILLIS);
	}

	private static void assertReset(Socket socket) {
		assertReset(() -> socket);
	}

	/**
	 * A reset may come before connecting is done.
	 */
	private static void assertReset(Callable<Socket> connection) {
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> connection.call().getInputStream().read())
			.withMessageContaining("reset");
	}

	/**
	 * By its end or by a reset: the proxy tries to write to a side that is closed.
	 */
	private static void assertEnds(Socket socket) {
		try {
			assertThat(socket.getInputStream().read()).isEqualTo(-1);
		}
		catch (IOException ex) {
			assertThat(ex).hasMessageContaining("reset");
		}
	}

}
