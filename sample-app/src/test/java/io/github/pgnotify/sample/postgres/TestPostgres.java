package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A PostgreSQL that is not that of the application.
 */
public final class TestPostgres implements AutoCloseable {

	private final EmbeddedPostgresServer server;

	private TestPostgres(EmbeddedPostgresServer server) {
		this.server = server;
	}

	public static TestPostgres start(Path data) {
		return new TestPostgres(EmbeddedPostgresServer.start(PostgresDirectories.of(data)));
	}

	public String jdbcUrl() {
		return this.server.jdbcUrl();
	}

	public String user() {
		return EmbeddedPostgresServer.USER;
	}

	@Override
	public void close() throws IOException {
		this.server.close();
	}

}
