package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The embedded PostgreSQL cannot start. Says why, and what to do.
 */
final class EmbeddedPostgresException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private static final int LAST_WORDS = 10;

	/** What the reader of the message can do about it. */
	private final String action;

	private EmbeddedPostgresException(String message, String action, @Nullable Throwable cause) {
		super(message, cause);
		this.action = action;
	}

	String getAction() {
		return this.action;
	}

	static EmbeddedPostgresException inUse(PostgresDirectories directories) throws IOException {
		String port = PostmasterFile.in(directories.data()).flatMap(PostmasterFile::port).orElse("<its port>");
		return new EmbeddedPostgresException(
				"Another running sample-app uses the embedded PostgreSQL in " + directories.data() + ".",
				"End the other one. Or start this one with the other one's database and another port: "
						+ "--spring.datasource.url=jdbc:postgresql://localhost:" + port + "/postgres "
						+ "--spring.datasource.username=" + EmbeddedPostgresServer.USER + " --server.port=8081",
				null);
	}

	static EmbeddedPostgresException notOurs(PostgresDirectories directories) {
		return new EmbeddedPostgresException(
				directories.data() + " is not empty, and not a data directory that this sample made.",
				"Give another sample.postgres.data-directory.", null);
	}

	static EmbeddedPostgresException failed(PostgresDirectories directories, Throwable cause) {
		return new EmbeddedPostgresException(
				"The embedded PostgreSQL does not start: " + cause.getMessage() + lastWords(directories.log()),
				"If the reason above does not help, delete " + directories.data()
						+ " to begin with an empty database, or give a PostgreSQL of your own: "
						+ "--spring.datasource.url=jdbc:postgresql://<host>:<port>/<database>",
				cause);
	}

	private static String lastWords(Path log) {
		try {
			List<String> lines = Files.readAllLines(log);
			List<String> last = lines.subList(Math.max(0, lines.size() - LAST_WORDS), lines.size());
			return System.lineSeparator() + String.join(System.lineSeparator(), last);
		}
		catch (IOException ex) {
			return "";
		}
	}

}
