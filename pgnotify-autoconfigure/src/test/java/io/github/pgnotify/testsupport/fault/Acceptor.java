package io.github.pgnotify.testsupport.fault;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Listens on one port and takes connections, or does not.
 */
final class Acceptor {

	private static final int BACKLOG = 50;

	/**
	 * By then the kernel has answered a request to connect on the loopback interface, if
	 * it is going to.
	 */
	private static final int ANSWER_MILLIS = 100;

	private final int port = LoopbackPorts.free();

	private final ExecutorService threads;

	private final Consumer<Socket> consumer;

	/**
	 * Connections of our own that fill the queue of those to be accepted.
	 */
	private final List<Socket> fillers = new ArrayList<>();

	private final Set<Integer> fillerPorts = new HashSet<>();

	private @Nullable ServerSocket listening;

	private boolean accepting;

	private boolean dropping;

	private boolean paused;

	/**
	 * Listens.
	 * @param threads one of which accepts
	 * @param consumer given each connection that is accepted, to return at once
	 */
	Acceptor(ExecutorService threads, Consumer<Socket> consumer) {
		this.threads = threads;
		this.consumer = consumer;
		accept();
	}

	int port() {
		return this.port;
	}

	/**
	 * Takes connections, from now on.
	 */
	synchronized void accept() {
		stopDropping();
		if (this.listening == null) {
			ServerSocket socket = LoopbackPorts.listen(this.port, BACKLOG);
			this.listening = socket;
			this.accepting = true;
			this.threads.execute(() -> accept(socket));
		}
	}

	/**
	 * Does not listen, so that connecting is refused. The kernel goes on listening until
	 * the thread that accepts has noticed.
	 */
	synchronized void refuse() throws InterruptedException {
		stopDropping();
		if (this.listening != null) {
			close(this.listening);
			while (this.accepting) {
				wait();
			}
			this.listening = null;
			this.fillerPorts.clear();
		}
	}

	/**
	 * Listens but answers no request to connect: the kernel drops them, as the queue of
	 * those that wait to be accepted is full.
	 */
	synchronized void drop() throws InterruptedException {
		accept();
		this.dropping = true;
		fill();
		while (!this.paused) {
			wait();
		}
		while (fill()) {
			if (this.fillers.size() > 2 * BACKLOG) {
				throw new IllegalStateException("The queue of port " + this.port + " takes more than it should");
			}
		}
	}

	private void accept(ServerSocket socket) {
		try {
			while (true) {
				Socket client = socket.accept();
				if (isFiller(client)) {
					client.close();
				}
				else {
					this.consumer.accept(client);
				}
			}
		}
		catch (IOException ex) {
			// closed, by refuse
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			stopAccepting();
		}
	}

	private synchronized void stopAccepting() {
		this.accepting = false;
		notifyAll();
	}

	/**
	 * Tells whether a connection is one of our own, when none of them is needed any more.
	 */
	private synchronized boolean isFiller(Socket client) throws InterruptedException {
		this.paused = this.dropping;
		notifyAll();
		while (this.dropping) {
			wait();
		}
		this.paused = false;
		return this.fillerPorts.remove(client.getPort());
	}

	private boolean fill() {
		Socket filler = new Socket();
		try {
			filler.connect(LoopbackPorts.address(this.port), ANSWER_MILLIS);
			this.fillers.add(filler);
			this.fillerPorts.add(filler.getLocalPort());
			return true;
		}
		catch (SocketTimeoutException ex) {
			close(filler);
			return false;
		}
		catch (IOException ex) {
			close(filler);
			throw new UncheckedIOException(ex);
		}
	}

	private void stopDropping() {
		this.dropping = false;
		this.fillers.forEach(Acceptor::close);
		this.fillers.clear();
		notifyAll();
	}

	private static void close(Closeable closeable) {
		try {
			closeable.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
