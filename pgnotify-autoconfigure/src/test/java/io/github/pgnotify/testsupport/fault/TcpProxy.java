package io.github.pgnotify.testsupport.fault;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

import io.github.pgnotify.testsupport.TestDatabase;

/**
 * A network between clients and a server that breaks on demand. Listens on a free port of
 * the loopback interface and forwards each connection to the server, unchanged unless
 * told otherwise. What it does can be changed at any time, by any thread; it then holds
 * for open and for new connections if nothing else is said.
 * <p>
 * What a client and a server cannot see on a real network they do not see here: while
 * bytes are held, neither is told that the other one has closed its side.
 * <p>
 * The {@code await} methods return as soon as what they wait for is so, and fail after 30
 * seconds.
 */
public final class TcpProxy implements AutoCloseable {

	private static final int PATIENCE_MILLIS = 30_000;

	private final Traffic traffic = new Traffic();

	private final List<Thread> allThreads = new CopyOnWriteArrayList<>();

	private final ExecutorService threads;

	private final Acceptor acceptor;

	private volatile InetSocketAddress target;

	private volatile boolean resetsConnects;

	/**
	 * Listens.
	 * @param host where the server is
	 * @param port the server's
	 */
	public TcpProxy(String host, int port) {
		this.target = new InetSocketAddress(host, port);
		this.threads = Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, "tcp-proxy-to-" + port);
			thread.setDaemon(true);
			this.allThreads.add(thread);
			return thread;
		});
		this.acceptor = new Acceptor(this.threads, this::accepted);
	}

	/**
	 * Returns a proxy for a database's server.
	 */
	public static TcpProxy to(TestDatabase database) {
		return to(database.jdbcUrl());
	}

	/**
	 * Returns a proxy for the server of a JDBC URL.
	 * @param jdbcUrl with one host, and a port
	 */
	public static TcpProxy to(String jdbcUrl) {
		URI uri = URI.create(jdbcUrl.substring("jdbc:".length()));
		return new TcpProxy(uri.getHost(), uri.getPort());
	}

	/**
	 * Returns where clients connect to.
	 */
	public String host() {
		return LoopbackPorts.HOST;
	}

	/**
	 * Returns where clients connect to. It stays the same.
	 */
	public int port() {
		return this.acceptor.port();
	}

	/**
	 * Returns the URL of a database behind the proxy.
	 * @param database name of the database
	 */
	public String jdbcUrl(String database) {
		return "jdbc:postgresql://" + host() + ":" + port() + "/" + database;
	}

	/**
	 * Forwards new connections to another server, as an address does that moves.
	 */
	public void retarget(String host, int port) {
		this.target = new InetSocketAddress(host, port);
	}

	/**
	 * Forwards nothing any more, either way: the cable is cut and nobody notices.
	 * Connections stay open, and new ones are accepted but silent. What is being
	 * forwarded at this moment may still arrive.
	 */
	public void stopForwarding() {
		this.traffic.stop();
	}

	/**
	 * Forwards exactly as many bytes more on each connection, open or new, and then holds
	 * everything that goes in that direction.
	 * @param direction which way
	 * @param bytes how many bytes are forwarded before that, 0 or more
	 */
	public void stallAfter(Direction direction, long bytes) {
		stallAfter(direction, bytes, Connections.ALL);
	}

	/**
	 * Forwards exactly as many bytes more on each connection, and then holds everything
	 * that goes in that direction.
	 * @param direction which way
	 * @param bytes how many bytes are forwarded before that, 0 or more
	 * @param connections which connections
	 */
	public void stallAfter(Direction direction, long bytes, Connections connections) {
		if (connections != Connections.OPEN) {
			this.traffic.stallNew(direction, bytes);
		}
		if (connections != Connections.NEW) {
			this.traffic.stallOpen(direction, bytes);
		}
	}

	/**
	 * Forwards everything again, first what was held, and takes new connections. A delay
	 * stays, and so does a cut that has not happened.
	 */
	public void resume() {
		this.traffic.resume();
		acceptConnects();
	}

	/**
	 * Lets everything take a while, whichever way it goes. Bytes do not overtake each
	 * other.
	 * @param base how long at least; zero, with a jitter of zero, ends the delay for what
	 * is sent from now on
	 * @param jitter how much longer at most
	 * @param seed decides how much longer
	 */
	public void delay(Duration base, Duration jitter, long seed) {
		this.traffic.delay(new Traffic.Delay(base, jitter, seed));
	}

	/**
	 * Breaks all open connections: client and server get a reset. Bytes under way are
	 * lost.
	 */
	public void reset() {
		this.traffic.connections().forEach(ProxiedConnection::reset);
	}

	/**
	 * Closes, towards client and server, the connection on which the first matching
	 * message comes, instead of forwarding it; what came before that message arrives.
	 * This happens once. It needs a connection that is not encrypted, and does not see a
	 * message of which a part has been forwarded already.
	 * @param message which message; not to block
	 */
	public void cutReply(Predicate<BackendMessage> message) {
		this.traffic.armCut(message);
	}

	/**
	 * Takes new connections again. Nothing else changes.
	 */
	public void acceptConnects() {
		this.resetsConnects = false;
		this.acceptor.accept();
	}

	/**
	 * Refuses new connections, as a host without a server does.
	 */
	public void refuseConnects() {
		uninterrupted(this.acceptor::refuse);
	}

	/**
	 * Takes new connections and breaks them at once. Unlike those refused they are
	 * counted.
	 */
	public void resetConnects() {
		acceptConnects();
		this.resetsConnects = true;
	}

	/**
	 * Does not answer requests to connect, as a network does that loses packets: clients
	 * wait as long as they have patience. They are not counted.
	 */
	public void dropConnects() {
		uninterrupted(this.acceptor::drop);
	}

	/**
	 * Returns how many connections are open now, those included that are silent.
	 */
	public int connections() {
		return this.traffic.connections().size();
	}

	/**
	 * Returns how often a client has connected since the beginning, those included that
	 * were reset or got no answer, but not those refused or dropped.
	 */
	public int connectAttempts() {
		return this.traffic.connectAttempts();
	}

	/**
	 * Returns how many bytes have been forwarded since the beginning, on all connections.
	 */
	public long forwarded(Direction direction) {
		return this.traffic.forwarded(direction);
	}

	/**
	 * Waits until something is being held, on any connection and in any direction.
	 */
	public void awaitStalled() {
		this.traffic.await(() -> this.traffic.isHeld(Direction.CLIENT_TO_SERVER)
				|| this.traffic.isHeld(Direction.SERVER_TO_CLIENT), "anything that the proxy holds back");
	}

	/**
	 * Waits until something is being held, on any connection.
	 */
	public void awaitStalled(Direction direction) {
		this.traffic.await(() -> this.traffic.isHeld(direction), "anything to hold back from " + direction);
	}

	/**
	 * Waits until as many connections are open, no more and no less.
	 */
	public void awaitConnections(int count) {
		this.traffic.await(() -> connections() == count, count + " open connections");
	}

	/**
	 * Waits until {@link #connectAttempts()} is at least as high.
	 */
	public void awaitConnectAttempts(int count) {
		this.traffic.await(() -> connectAttempts() >= count, count + " attempts to connect");
	}

	/**
	 * Waits until {@link #cutReply} has cut as many connections since the beginning.
	 */
	public void awaitCuts(int count) {
		this.traffic.await(() -> this.traffic.cuts() >= count, count + " cut connections");
	}

	/**
	 * Breaks all connections and stops listening.
	 * @throws IllegalStateException if a thread does not end
	 */
	@Override
	public void close() {
		uninterrupted(() -> {
			this.acceptor.refuse();
			this.threads.shutdownNow();
			reset();
			for (Thread thread : this.allThreads) {
				thread.join(PATIENCE_MILLIS);
				if (thread.isAlive()) {
					throw new IllegalStateException("A thread of the proxy does not end");
				}
			}
			reset();
		});
	}

	private void accepted(Socket client) {
		int number = this.traffic.attempted();
		ProxiedConnection connection = new ProxiedConnection(number, client, this.traffic, this.threads);
		if (this.resetsConnects) {
			connection.reset();
		}
		else {
			connection.start(() -> this.target);
		}
	}

	private static void uninterrupted(Action action) {
		try {
			action.run();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	@FunctionalInterface
	private interface Action {

		void run() throws InterruptedException;

	}

	/**
	 * Which connections a fault is for.
	 */
	public enum Connections {

		/**
		 * Those that are open now.
		 */
		OPEN,

		/**
		 * Those that are opened from now on, until the proxy resumes.
		 */
		NEW,

		/**
		 * Both.
		 */
		ALL

	}

}
