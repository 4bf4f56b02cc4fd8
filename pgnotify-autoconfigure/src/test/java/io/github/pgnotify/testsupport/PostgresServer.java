package io.github.pgnotify.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The PostgreSQL that all tests of this JVM share, started by the first that asks and
 * gone with the JVM: embedded binaries, or a container where the system property
 * {@code pgnotify.test.postgres} says {@code testcontainers}. What was asked for and
 * cannot be had fails the tests.
 *
 * @param host where it listens
 * @param port where it listens
 * @param username a superuser
 * @param password the superuser's
 */
record PostgresServer(String host, int port, String username, String password) {

	private static final String KIND_PROPERTY = "pgnotify.test.postgres";

	private static final String VERSION_PROPERTY = "postgres";

	private static final String MAX_CONNECTIONS = "200";

	private static @Nullable PostgresServer running;

	static synchronized PostgresServer get() {
		PostgresServer server = running;
		if (server == null) {
			server = start(System.getProperty(KIND_PROPERTY, "embedded"));
			running = server;
		}
		return server;
	}

	private static PostgresServer start(String kind) {
		return switch (kind) {
			case "embedded" -> startEmbedded();
			case "testcontainers" -> startContainer();
			default -> throw new IllegalStateException(
					"-D" + KIND_PROPERTY + "=" + kind + " is neither 'embedded' nor 'testcontainers'");
		};
	}

	private static PostgresServer startEmbedded() {
		EmbeddedPostgres server = startEmbedded(PostgresServer::requirePasswords);
		return new PostgresServer("localhost", server.getPort(), EmbeddedBinaries.superuser(), "postgres");
	}

	/**
	 * Starts a server from the embedded binaries; closing it removes its files.
	 * @param customizer changes the data directory before the server starts
	 */
	static EmbeddedPostgres startEmbedded(Consumer<File> customizer) {
		Path directory = EmbeddedBinaries.newDirectory();
		try {
			return EmbeddedBinaries.builder(directory)
				.setDataDirectoryCustomizer(customizer)
				.setServerConfig("max_connections", MAX_CONNECTIONS)
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The embedded PostgreSQL does not start; its files are in " + directory, ex);
		}
	}

	/**
	 * Lets nobody in without a password, as any other server would, but the superuser,
	 * who has none.
	 */
	private static void requirePasswords(File dataDirectory) {
		try {
			Files.writeString(dataDirectory.toPath().resolve("pg_hba.conf"), """
					host all postgres all trust
					host all all all scram-sha-256
					""");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@SuppressWarnings("resource") // Testcontainers removes it when the JVM ends
	private static PostgresServer startContainer() {
		if (!DockerClientFactory.instance().isDockerAvailable()) {
			throw new IllegalStateException("-D" + KIND_PROPERTY
					+ "=testcontainers asks for PostgreSQL in a container, but no Docker engine answers. "
					+ "Start one, or leave the property out to test on the embedded PostgreSQL");
		}
		PostgreSQLContainer container = new PostgreSQLContainer(
				DockerImageName.parse("postgres").withTag(System.getProperty(VERSION_PROPERTY, "18")))
			.withCommand("postgres", "-c", "fsync=off", "-c", "max_connections=" + MAX_CONNECTIONS);
		container.start();
		return new PostgresServer(container.getHost(), container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
				container.getUsername(), container.getPassword());
	}

	String jdbcUrl(String database) {
		return "jdbc:postgresql://" + this.host + ":" + this.port + "/" + database;
	}

}
