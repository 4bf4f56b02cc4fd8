package io.github.pgnotify.testsupport.fault;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

import org.jspecify.annotations.Nullable;

/**
 * One direction of a proxied connection. One thread reads, another one writes, so that
 * bytes can be on their way for a while without holding up those behind them. Up to a
 * quarter of a megabyte is on the way; then the sender has to wait.
 */
final class Lane {

	private static final int CHUNK = 16 * 1024;

	private static final int CHUNKS = 16;

	private final Direction direction;

	private final ProxiedConnection connection;

	private final Traffic traffic;

	private final BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(CHUNKS);

	private final BackendFramer framer = new BackendFramer();

	/**
	 * How many bytes may still be forwarded, {@code null} if all. Guarded by the traffic,
	 * as is the next one.
	 */
	private @Nullable Long allowance;

	private boolean held;

	private long lastDue = System.nanoTime();

	private Traffic.@Nullable Delay delay;

	private Random random = new Random();

	Lane(Direction direction, ProxiedConnection connection, Traffic traffic) {
		this.direction = direction;
		this.connection = connection;
		this.traffic = traffic;
	}

	Direction direction() {
		return this.direction;
	}

	void allow(@Nullable Long bytes) {
		this.allowance = bytes;
		this.held = false;
	}

	boolean isExhausted() {
		return this.allowance != null && this.allowance == 0;
	}

	int take(int wanted) {
		if (this.allowance == null) {
			return wanted;
		}
		int taken = (int) Math.min(wanted, this.allowance);
		this.allowance -= taken;
		return taken;
	}

	void hold(boolean held) {
		this.held = held;
	}

	boolean isHeld() {
		return this.held;
	}

	/**
	 * Reads until the sender ends or breaks its side, and tells the writing thread.
	 */
	void read(Socket from) throws InterruptedException {
		byte[] buffer = new byte[CHUNK];
		Chunk chunk;
		do {
			chunk = read(from, buffer);
			this.underWay.put(chunk);
		}
		while (chunk.bytes.length > 0);
	}

	/**
	 * Writes until the end has been passed on. What cannot be written breaks the
	 * connection.
	 */
	void write(Socket to) throws InterruptedException {
		try {
			Chunk chunk = this.underWay.take();
			while (chunk.bytes.length > 0) {
				this.traffic.awaitDue(chunk.due);
				forward(pieces(chunk.bytes), to);
				chunk = this.underWay.take();
			}
			this.traffic.awaitDue(chunk.due);
			forward(this.framer.rest(), to);
			this.traffic.permit(this, 0);
			this.connection.ended(chunk.broken ? null : to);
		}
		catch (IOException ex) {
			this.connection.reset();
		}
	}

	private Chunk read(Socket from, byte[] buffer) {
		try {
			int length = from.getInputStream().read(buffer);
			return new Chunk((length < 0) ? new byte[0] : Arrays.copyOf(buffer, length), due(), false);
		}
		catch (IOException ex) {
			return new Chunk(new byte[0], due(), true);
		}
	}

	private List<BackendFramer.Piece> pieces(byte[] bytes) {
		return switch (this.direction) {
			case CLIENT_TO_SERVER -> List.of(new BackendFramer.Piece(bytes, null));
			case SERVER_TO_CLIENT -> this.framer.split(bytes, this.traffic.isCutArmed());
		};
	}

	private void forward(List<BackendFramer.Piece> pieces, Socket to) throws IOException, InterruptedException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		for (BackendFramer.Piece piece : pieces) {
			BackendMessage message = piece.message();
			if (message != null && this.traffic.cuts(message)) {
				forward(bytes.toByteArray(), to);
				this.connection.close();
				return;
			}
			bytes.writeBytes(piece.bytes());
		}
		forward(bytes.toByteArray(), to);
	}

	private void forward(byte[] bytes, Socket to) throws IOException, InterruptedException {
		int position = 0;
		while (position < bytes.length) {
			int permitted = this.traffic.permit(this, bytes.length - position);
			to.getOutputStream().write(bytes, position, permitted);
			position += permitted;
		}
	}

	/**
	 * Returns when what was read now arrives: not before anything that was read earlier.
	 */
	private long due() {
		Traffic.Delay now = this.traffic.delay();
		if (now != this.delay) {
			this.delay = now;
			this.random = new Random(Seed.derive(now.seed(), this.direction.name() + this.connection.number()));
		}
		long nanos = now.base().toNanos() + (long) (this.random.nextDouble() * now.jitter().toNanos());
		this.lastDue = Math.max(this.lastDue, System.nanoTime() + nanos);
		return this.lastDue;
	}

	/**
	 * What was read at once; nothing at the end.
	 */
	private record Chunk(byte[] bytes, long due, boolean broken) {

	}

}
