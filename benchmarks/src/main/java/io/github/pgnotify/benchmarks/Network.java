package io.github.pgnotify.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ObjIntConsumer;

/**
 * A network between clients and the database: forwards what it gets, whichever way, some
 * time later. Nothing waits for what went before, as on a real network. Counts the
 * statements that pass by.
 */
public final class Network implements AutoCloseable {

	private static final int PINGS = 200;

	private static final int CALIBRATIONS = 3;

	private static final int CHUNK = 65_536;

	private static final int CHUNKS_UNDER_WAY = 1_024;

	private final Database behind;

	private final Database database;

	private final Duration roundTrip;

	/** Each way, beside what forwarding itself takes. */
	private volatile long delayNanos;

	private final ServerSocket listening;

	private final LongAdder statements = new LongAdder();

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "network");
		thread.setDaemon(true);
		return thread;
	});

	/**
	 * Opens a network.
	 * @param database what is at its other end
	 * @param roundTrip by how much longer a round trip takes
	 */
	Network(Database database, Duration roundTrip) throws IOException {
		this.behind = database;
		this.roundTrip = roundTrip;
		this.listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
		this.database = database.at(this.listening.getInetAddress().getHostAddress(), this.listening.getLocalPort());
		this.threads.execute(this::accept);
	}

	/**
	 * Returns the database as clients see it.
	 */
	public Database database() {
		return this.database;
	}

	/**
	 * Returns how many statements clients have sent since the beginning, those included
	 * that begin and end transactions.
	 */
	public long statements() {
		return this.statements.sum();
	}

	/**
	 * Makes round trips take so much longer as they should.
	 * @return how long a statement takes that does nothing
	 */
	String calibrate() throws SQLException {
		long without = ping(this.behind);
		long wanted = without + this.roundTrip.toNanos();
		for (int i = 0; i < CALIBRATIONS; i++) {
			this.delayNanos = Math.max(0, this.delayNanos + (wanted - ping(this.database)) / 2);
		}
		return "behind a proxy a statement that does nothing takes %d instead of %d µs"
			.formatted(ping(this.database) / 1000, without / 1000);
	}

	@Override
	public void close() throws IOException {
		this.listening.close();
		for (Socket socket : this.sockets) {
			socket.close();
		}
		this.threads.shutdownNow();
	}

	private static long ping(Database database) throws SQLException {
		long[] nanos = new long[PINGS];
		try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
			for (int i = 0; i < PINGS; i++) {
				long begin = System.nanoTime();
				statement.execute("SELECT 1");
				nanos[i] = System.nanoTime() - begin;
			}
		}
		Arrays.sort(nanos);
		return nanos[PINGS / 2];
	}

	private void accept() {
		try {
			while (true) {
				connect(this.listening.accept());
			}
		}
		catch (IOException ex) {
			// Closed: nobody is to come any more
		}
	}

	private void connect(Socket client) throws IOException {
		Socket server = new Socket();
		this.sockets.add(client);
		this.sockets.add(server);
		server.connect(new InetSocketAddress(this.behind.host(), this.behind.port()));
		client.setTcpNoDelay(true);
		server.setTcpNoDelay(true);
		forward(client, server, new StatementCounter(this.statements)::count);
		forward(server, client, (bytes, count) -> {
		});
	}

	private void forward(Socket from, Socket to, ObjIntConsumer<byte[]> observer) {
		BlockingQueue<Chunk> underWay = new LinkedBlockingQueue<>(CHUNKS_UNDER_WAY);
		this.threads.execute(() -> receive(from, underWay, observer));
		this.threads.execute(() -> deliver(underWay, from, to));
	}

	private void receive(Socket from, BlockingQueue<Chunk> underWay, ObjIntConsumer<byte[]> observer) {
		byte[] buffer = new byte[CHUNK];
		try {
			try (InputStream in = from.getInputStream()) {
				for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
					observer.accept(buffer, length);
					underWay.put(new Chunk(System.nanoTime() + this.delayNanos, Arrays.copyOf(buffer, length)));
				}
			}
			catch (IOException ex) {
				// Broken is closed, to the other side
			}
			underWay.put(new Chunk(System.nanoTime() + this.delayNanos, new byte[0]));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void deliver(BlockingQueue<Chunk> underWay, Socket from, Socket to) {
		try (from; to; OutputStream out = to.getOutputStream()) {
			for (Chunk chunk = underWay.take(); chunk.bytes().length > 0; chunk = underWay.take()) {
				for (long left = chunk.dueAt() - System.nanoTime(); left > 0; left = chunk.dueAt()
						- System.nanoTime()) {
					LockSupport.parkNanos(left);
				}
				out.write(chunk.bytes());
			}
		}
		catch (IOException ex) {
			// The other side has gone
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.sockets.remove(from);
			this.sockets.remove(to);
		}
	}

	/**
	 * Bytes under way; none at the end.
	 *
	 * @param dueAt when they arrive
	 * @param bytes the bytes
	 */
	private record Chunk(long dueAt, byte[] bytes) {

	}

}
