package io.github.pgnotify.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/**
 * A PostgreSQL of the benchmarks' own, which does not cheat: the library would switch off
 * fsync, synchronous_commit and full_page_writes.
 */
final class EmbeddedDatabase implements AutoCloseable {

	private final EmbeddedPostgres server;

	EmbeddedDatabase() throws IOException {
		Path directory = Path.of(System.getProperty("java.io.tmpdir"),
				"pgnotify-benchmarks-" + System.getProperty("user.name"));
		System.setProperty("ot.epg.working-dir", directory.toString());
		this.server = EmbeddedPostgres.builder()
			.setDataDirectory(directory.resolve(UUID.randomUUID().toString()))
			.setLocaleConfig("locale", "C")
			.setPGStartupWait(Duration.ofMinutes(1))
			.setServerConfig("fsync", "on")
			.setServerConfig("synchronous_commit", "on")
			.setServerConfig("full_page_writes", "on")
			.setServerConfig("max_connections", "300")
			.start();
	}

	Database database() {
		return new Database("jdbc:postgresql://127.0.0.1:" + this.server.getPort() + "/postgres", "postgres",
				"postgres");
	}

	@Override
	public void close() throws IOException {
		this.server.close();
	}

}
