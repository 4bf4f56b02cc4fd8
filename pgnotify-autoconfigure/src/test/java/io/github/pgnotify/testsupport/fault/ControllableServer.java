package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import io.github.pgnotify.testsupport.EmbeddedBinaries;

/**
 * An embedded PostgreSQL of a test's own, to be started, stopped, killed and frozen. Its
 * port and its data stay the same until it is closed. It survives what happens to its
 * processes, but not a crash of the machine: fsync is off unless a setting says
 * otherwise.
 * <p>
 * Every user may connect from this machine without a password, and replicate. To be used
 * by one thread at a time.
 */
public final class ControllableServer implements AutoCloseable {

	private final PostgresProcess process;

	/**
	 * Makes an empty cluster; its server does not run.
	 * @param settings settings of the server that differ from PostgreSQL's defaults, such
	 * as {@code max_connections=20}
	 */
	public ControllableServer(String... settings) {
		Path directory = EmbeddedBinaries.createCluster();
		try {
			this.process = new PostgresProcess(directory, EmbeddedBinaries.serverCommand(directory));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		configure("fsync=off");
		configure(settings);
	}

	/**
	 * Takes over a cluster.
	 */
	ControllableServer(PostgresProcess process) {
		this.process = process;
	}

	/**
	 * Changes settings of the server, from its next start on.
	 * @param settings settings such as {@code max_connections=20}; the server does not
	 * start with one that its version does not know
	 * @return this
	 */
	public ControllableServer configure(String... settings) {
		try {
			Files.writeString(directory().resolve("postgresql.conf"), configuration(settings),
					StandardOpenOption.APPEND);
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts the server and waits until it lets users in. After it has been killed or
	 * stopped immediately, that includes its recovery.
	 * @return this
	 */
	public ControllableServer start() {
		this.process.start();
		return this;
	}

	/**
	 * Waits until the server lets users in, after one of its processes was killed.
	 */
	public void awaitReady() {
		this.process.awaitReady();
	}

	/**
	 * Stops the server and waits until it is gone. Frozen, it thaws first. Nothing
	 * happens if it does not run.
	 */
	public void stop(StopMode mode) {
		this.process.stop(mode.signal);
	}

	/**
	 * Kills all processes of the server at once, so that none of them can say goodbye,
	 * and waits until they are gone.
	 */
	public void kill() {
		this.process.kill();
	}

	/**
	 * Stops all processes of the server where they are: they keep their connections, and
	 * the kernel still accepts new ones, but nobody answers. When this returns nothing
	 * runs any more.
	 */
	public void freeze() {
		this.process.freeze();
	}

	/**
	 * Lets all processes of the server run again.
	 */
	public void thaw() {
		this.process.thaw();
	}

	/**
	 * Stops one process of the server where it is.
	 * @param backend its id, as {@code pg_backend_pid()} returns it
	 */
	public void freeze(long backend) {
		Signals.freeze(List.of(backend));
	}

	/**
	 * Lets one process of the server run again.
	 * @param backend its id
	 */
	public void thaw(long backend) {
		Signals.thaw(List.of(backend));
	}

	/**
	 * Kills one process of the server. The server then ends all sessions and recovers.
	 * @param backend its id
	 */
	public void kill(long backend) {
		Signals.send("KILL", List.of(backend));
	}

	/**
	 * Tells whether the server runs, frozen or not.
	 */
	public boolean isRunning() {
		return this.process.isRunning();
	}

	/**
	 * Returns the server's major version.
	 */
	public int majorVersion() {
		try {
			return Integer.parseInt(Files.readString(directory().resolve("PG_VERSION")).trim());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns where the server listens.
	 */
	public String host() {
		return LoopbackPorts.HOST;
	}

	/**
	 * Returns where the server listens, whether it runs or not.
	 */
	public int port() {
		return this.process.port();
	}

	/**
	 * Returns the name of the superuser.
	 */
	public String username() {
		return EmbeddedBinaries.superuser();
	}

	/**
	 * Returns the URL of a database.
	 * @param database its name; {@code postgres} is always there
	 */
	public String jdbcUrl(String database) {
		return this.process.jdbcUrl(database);
	}

	/**
	 * Returns a DataSource that opens a connection each time, as the superuser.
	 * @param database name of the database
	 */
	public DataSource dataSource(String database) {
		return this.process.dataSource(database);
	}

	/**
	 * Kills the server and deletes its data.
	 */
	@Override
	public void close() {
		this.process.close();
	}

	Path directory() {
		return this.process.directory();
	}

	private static String configuration(String[] settings) {
		return Arrays.stream(settings).map((setting) -> setting.split("=", 2)).map((setting) -> {
			if (setting.length != 2) {
				throw new IllegalArgumentException("Not a setting: " + setting[0]);
			}
			return "\n" + setting[0] + " = '" + setting[1].replace("'", "''") + "'";
		}).collect(Collectors.joining("", "", "\n"));
	}

	/**
	 * How a server ends.
	 */
	public enum StopMode {

		/**
		 * Rolls back what is open, tells clients and writes everything down.
		 */
		FAST("INT"),

		/**
		 * Ends without writing anything down; starting again means recovery.
		 */
		IMMEDIATE("QUIT");

		private final String signal;

		StopMode(String signal) {
			this.signal = signal;
		}

	}

}
