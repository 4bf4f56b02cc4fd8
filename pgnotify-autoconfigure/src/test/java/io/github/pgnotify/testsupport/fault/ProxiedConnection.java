package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * A client's connection through a proxy, and the one to the server that belongs to it.
 */
final class ProxiedConnection {

	private final int number;

	private final Socket client;

	private final Socket server = new Socket();

	private final Traffic traffic;

	private final ExecutorService threads;

	private final Map<Direction, Lane> lanes = new EnumMap<>(Direction.class);

	private final List<Future<?>> tasks = new ArrayList<>();

	private int endedLanes;

	private boolean closed;

	ProxiedConnection(int number, Socket client, Traffic traffic, ExecutorService threads) {
		this.number = number;
		this.client = client;
		this.traffic = traffic;
		this.threads = threads;
		for (Direction direction : Direction.values()) {
			this.lanes.put(direction, new Lane(direction, this, traffic));
		}
	}

	int number() {
		return this.number;
	}

	Collection<Lane> lanes() {
		return this.lanes.values();
	}

	Lane lane(Direction direction) {
		return this.lanes.get(direction);
	}

	/**
	 * Connects to the server, as soon as anything may be forwarded, and forwards. If the
	 * server cannot be reached the client gets a reset.
	 */
	void start(Supplier<InetSocketAddress> target) {
		this.traffic.opened(this);
		submit(() -> {
			this.traffic.awaitForwarding();
			connect(target.get());
			return null;
		});
	}

	/**
	 * Passes on the end of one direction. The other one goes on, unless it has ended too.
	 * @param receiver who gets no more, or {@code null} if its peer has broken off
	 */
	void ended(@Nullable Socket receiver) {
		if (receiver == null) {
			reset();
			return;
		}
		try {
			receiver.shutdownOutput();
		}
		catch (IOException ex) {
			// it has closed its side too
		}
		if (countEnd() == this.lanes.size()) {
			close();
		}
	}

	/**
	 * Ends the connection on both sides, as by a process that ends.
	 */
	void close() {
		end(false);
	}

	/**
	 * Breaks the connection on both sides: they are sent a reset.
	 */
	void reset() {
		end(true);
	}

	private void connect(InetSocketAddress target) {
		try {
			this.client.setTcpNoDelay(true);
			this.server.setTcpNoDelay(true);
			this.server.connect(target);
		}
		catch (IOException ex) {
			reset();
			return;
		}
		pump(Direction.CLIENT_TO_SERVER, this.client, this.server);
		pump(Direction.SERVER_TO_CLIENT, this.server, this.client);
	}

	private void pump(Direction direction, Socket from, Socket to) {
		submit(() -> {
			lane(direction).read(from);
			return null;
		});
		submit(() -> {
			lane(direction).write(to);
			return null;
		});
	}

	private synchronized void submit(Callable<?> task) {
		if (!this.closed) {
			try {
				this.tasks.add(this.threads.submit(task));
			}
			catch (RejectedExecutionException ex) {
				// the proxy is being closed, and will close this
			}
		}
	}

	private synchronized int countEnd() {
		return ++this.endedLanes;
	}

	private void end(boolean reset) {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.closed = true;
			close(this.client, reset);
			close(this.server, reset);
			this.tasks.forEach((task) -> task.cancel(true));
		}
		this.traffic.closed(this);
	}

	private static void close(Socket socket, boolean reset) {
		try {
			if (reset) {
				socket.setSoLinger(true, 0);
			}
		}
		catch (IOException ex) {
			// not connected, or gone already
		}
		try {
			socket.close();
		}
		catch (IOException ex) {
			// as good as closed
		}
	}

}
