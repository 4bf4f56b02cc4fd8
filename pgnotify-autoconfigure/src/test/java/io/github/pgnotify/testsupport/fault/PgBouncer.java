package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

import org.opentest4j.TestAbortedException;
import org.springframework.util.FileSystemUtils;

import io.github.pgnotify.testsupport.TestDatabase;

/**
 * PgBouncer in front of a server, on a free port of the loopback interface. It lets in
 * everybody, to every database of the server, as one and the same user.
 * <p>
 * It is Debian's own, from the package {@code pgbouncer}. Without it a test fails where
 * it is required, by the environment's {@code CI=true} or by
 * {@code -Dpgnotify.pgbouncer=required}; elsewhere, where a JDK is to be enough, the test
 * is aborted and says so.
 */
public final class PgBouncer implements AutoCloseable {

	private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");

	private static final int PATIENCE_SECONDS = 30;

	private static final int POLL_MILLIS = 20;

	private final Path directory;

	private final int port = LoopbackPorts.free();

	private final Process process;

	/**
	 * Starts PgBouncer and waits until it listens.
	 * @param mode how it gives connections to clients
	 * @param jdbcUrl of any database of the server
	 * @param username who connects to the server
	 * @param password the user's
	 * @param settings settings that differ from PgBouncer's defaults, such as
	 * {@code default_pool_size=1}
	 */
	public PgBouncer(PoolMode mode, String jdbcUrl, String username, String password, String... settings) {
		requireProgram(PROGRAM);
		URI server = URI.create(jdbcUrl.substring("jdbc:".length()));
		try {
			this.directory = Files.createTempDirectory("pgnotify-pgbouncer");
			Path configuration = this.directory.resolve("pgbouncer.ini");
			Files.writeString(configuration, """
					[databases]
					* = host=%s port=%d user=%s password='%s'
					[pgbouncer]
					listen_addr = %s
					listen_port = %d
					unix_socket_dir =
					auth_type = any
					pool_mode = %s
					ignore_startup_parameters = extra_float_digits, options
					%s
					""".formatted(server.getHost(), server.getPort(), username, password, LoopbackPorts.HOST, this.port,
					mode.name().toLowerCase(Locale.ROOT), String.join("\n", settings)));
			this.process = new ProcessBuilder(command(configuration)).redirectErrorStream(true)
				.redirectOutput(log().toFile())
				.start();
			Leftovers.opened(this);
			awaitReady();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts PgBouncer in front of a database's server, to which it connects as a
	 * superuser.
	 * @param database the database
	 * @param mode how it gives connections to clients
	 */
	public static PgBouncer to(TestDatabase database, PoolMode mode) {
		return new PgBouncer(mode, database.jdbcUrl(), database.username(), database.password());
	}

	/**
	 * Returns where PgBouncer listens.
	 */
	public String host() {
		return LoopbackPorts.HOST;
	}

	/**
	 * Returns where PgBouncer listens.
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Returns the URL of a database behind PgBouncer. Whatever user connects, it is the
	 * one that PgBouncer was told.
	 * @param database name of the database
	 */
	public String jdbcUrl(String database) {
		return "jdbc:postgresql://" + host() + ":" + this.port + "/" + database;
	}

	/**
	 * Kills PgBouncer, and with it all connections through it.
	 */
	@Override
	public void close() {
		this.process.destroyForcibly();
		try {
			awaitExit(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
			FileSystemUtils.deleteRecursively(this.directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Leftovers.closed(this);
	}

	static void requireProgram(Path program) {
		if (!Files.isExecutable(program)) {
			String sentence = "This test needs PgBouncer, but there is no " + program
					+ ". Install Debian's package 'pgbouncer': apt-get install pgbouncer";
			if ("true".equals(System.getenv("CI")) || "required".equals(System.getProperty("pgnotify.pgbouncer"))) {
				throw new IllegalStateException(sentence);
			}
			throw new TestAbortedException(sentence);
		}
	}

	/**
	 * PgBouncer refuses to run as root, and takes another user's name instead: that user
	 * then has to be able to read the configuration.
	 */
	private List<String> command(Path configuration) throws IOException {
		List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
		if (isRoot(configuration)) {
			Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxr-xr-x"));
			Files.setPosixFilePermissions(configuration, PosixFilePermissions.fromString("rw-r--r--"));
			command.addAll(List.of("-u", "nobody"));
		}
		command.add(configuration.toString());
		return command;
	}

	private static boolean isRoot(Path ownFile) throws IOException {
		return Files.getAttribute(ownFile, "unix:uid").equals(0);
	}

	private void awaitReady() throws IOException {
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
		while (System.nanoTime() < deadline && !awaitExit(POLL_MILLIS)) {
			try {
				new Socket(host(), this.port).close();
				return;
			}
			catch (IOException ex) {
				// not yet
			}
		}
		String output = Files.readString(log());
		close();
		throw new IllegalStateException("PgBouncer does not start: " + output);
	}

	private boolean awaitExit(long millis) {
		try {
			return this.process.waitFor(millis, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private Path log() {
		return this.directory.resolve("pgbouncer.log");
	}

	/**
	 * How long a client keeps a connection to the server.
	 */
	public enum PoolMode {

		/**
		 * Until it disconnects.
		 */
		SESSION,

		/**
		 * For one transaction.
		 */
		TRANSACTION

	}

}
