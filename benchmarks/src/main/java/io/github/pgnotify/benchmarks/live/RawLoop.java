package io.github.pgnotify.benchmarks.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.benchmarks.Database;
import io.github.pgnotify.benchmarks.Threads;

/**
 * The floor: nothing between the socket and the handler.
 */
final class RawLoop implements LiveContender {

	static final String NAME = "raw socket";

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Listening open(LiveSetup setup) throws IOException {
		Loops loops = new Loops(setup.database());
		for (int i = 0; i < setup.listeners(); i++) {
			loops.add(setup);
		}
		return loops;
	}

	/**
	 * Loops that run.
	 */
	private static final class Loops implements Listening {

		private final Database database;

		private final List<RawSocket> sockets = new ArrayList<>();

		private final List<Thread> threads = new ArrayList<>();

		private volatile boolean stopped;

		private Loops(Database database) {
			this.database = database;
		}

		private void add(LiveSetup setup) throws IOException {
			RawSocket socket = new RawSocket(setup.database());
			this.sockets.add(socket);
			socket.listen(setup.database(), LiveSetup.CHANNEL);
			Thread thread = new Thread(() -> run(socket, setup), "raw-loop");
			this.threads.add(thread);
			thread.start();
		}

		private void run(RawSocket socket, LiveSetup setup) {
			try {
				socket.read(setup.handler());
			}
			catch (IOException ex) {
				if (!this.stopped) {
					throw new UncheckedIOException(ex);
				}
			}
		}

		@Override
		public Publisher publisher() throws SQLException {
			return new BarePublisher(this.database);
		}

		@Override
		public void close() throws IOException {
			this.stopped = true;
			for (RawSocket socket : this.sockets) {
				socket.close();
			}
			Threads.join(this.threads);
		}

	}

}
