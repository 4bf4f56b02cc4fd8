package io.github.pgnotify.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/**
 * A PostgreSQL that stays in recovery, as a standby whose primary is out of reach does.
 * Always made of the embedded binaries. {@link #close()} leaves neither processes nor
 * files behind.
 */
public final class StandbyServer implements AutoCloseable {

	private final EmbeddedPostgres server = PostgresServer.startEmbedded(StandbyServer::makeStandby);

	/**
	 * Returns where it listens, as {@code host:port}.
	 */
	public String address() {
		return "localhost:" + this.server.getPort();
	}

	/**
	 * Returns the URL of a database, without user and password.
	 */
	public String jdbcUrl() {
		return "jdbc:postgresql://" + address() + "/postgres";
	}

	/**
	 * Returns the name of a superuser, who needs no password.
	 */
	public String username() {
		return "postgres";
	}

	@Override
	public void close() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void makeStandby(File dataDirectory) {
		try {
			Files.createFile(dataDirectory.toPath().resolve("standby.signal"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
