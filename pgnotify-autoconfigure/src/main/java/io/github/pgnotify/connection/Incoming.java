package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.PgListenerConnectionSource;

/**
 * Counts what a connection receives, so that a server that has much to send is told from
 * one that is gone. Only what comes through a {@link PromptSocketFactory} is counted.
 */
final class Incoming {

	/**
	 * Whose sockets are being made: the driver does not tell a factory for whom. With a
	 * {@code loginTimeout} it makes them on a thread that it starts.
	 */
	private static final ThreadLocal<@Nullable Incoming> OPENING = new InheritableThreadLocal<>();

	private final AtomicLong reads = new AtomicLong();

	/**
	 * Opens a connection and from then on counts what it receives.
	 */
	Connection open(PgListenerConnectionSource source) throws SQLException {
		OPENING.set(this);
		try {
			return source.open();
		}
		finally {
			OPENING.remove();
		}
	}

	/**
	 * What counts for a socket that is being made on this thread.
	 */
	static Incoming ofThisThread() {
		Incoming opening = OPENING.get();
		return (opening != null) ? opening : new Incoming();
	}

	void received() {
		this.reads.incrementAndGet();
	}

	long reads() {
		return this.reads.get();
	}

}
