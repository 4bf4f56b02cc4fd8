package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.FileSystemUtils;

import io.github.pgnotify.testsupport.EmbeddedBinaries;

/**
 * The server of one cluster, a child of this JVM, which can be started and ended as often
 * as one likes and keeps its port. For one thread at a time.
 */
final class PostgresProcess implements AutoCloseable {

	private static final int PATIENCE_SECONDS = 60;

	private static final int POLL_MILLIS = 20;

	private static final int LOG_EXCERPT = 3_000;

	private final Path directory;

	private final List<String> command = new ArrayList<>();

	private final Path log;

	private final int port = LoopbackPorts.free();

	private @Nullable Process process;

	/**
	 * Takes over a cluster.
	 * @param directory the cluster's, to be deleted at the end
	 * @param serverCommand how to run its server
	 */
	PostgresProcess(Path directory, List<String> serverCommand) {
		this.directory = directory;
		this.log = directory.resolve("server.log");
		this.command.addAll(serverCommand);
		this.command.addAll(List.of("-D", directory.toString(), "-p", Integer.toString(this.port), "-c",
				"listen_addresses=" + LoopbackPorts.HOST, "-c", "unix_socket_directories="));
		Leftovers.opened(this);
	}

	Path directory() {
		return this.directory;
	}

	int port() {
		return this.port;
	}

	String jdbcUrl(String database) {
		return "jdbc:postgresql://" + LoopbackPorts.HOST + ":" + this.port + "/" + database;
	}

	DataSource dataSource(String database) {
		return new DriverManagerDataSource(jdbcUrl(database), EmbeddedBinaries.superuser(), "");
	}

	boolean isRunning() {
		return this.process != null && this.process.isAlive();
	}

	/**
	 * Starts the server and waits until it lets the superuser in.
	 */
	void start() {
		if (isRunning()) {
			throw new IllegalStateException("PostgreSQL runs already");
		}
		try {
			Process started = new ProcessBuilder(this.command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(this.log.toFile()))
				.start();
			this.process = started;
			started.getOutputStream().close();
			awaitReady();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Waits until the server lets the superuser in.
	 */
	void awaitReady() {
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
		SQLException refusal = null;
		while (System.nanoTime() < deadline) {
			try {
				dataSource("postgres").getConnection().close();
				return;
			}
			catch (SQLException ex) {
				refusal = ex;
			}
			if (this.process == null || hasEnded(this.process, POLL_MILLIS)) {
				throw new IllegalStateException("PostgreSQL does not run: " + logExcerpt());
			}
		}
		throw new IllegalStateException("PostgreSQL does not let anybody in: " + logExcerpt(), refusal);
	}

	/**
	 * Ends the server by a signal, and waits for that. A server that is frozen thaws.
	 * @param signal what tells PostgreSQL how to end
	 */
	void stop(String signal) {
		if (this.process != null) {
			thaw();
			Signals.send(signal, List.of(this.process.pid()));
			awaitEnd(this.process);
		}
	}

	/**
	 * Kills the server with all its processes.
	 */
	void kill() {
		if (this.process != null) {
			freeze();
			Signals.kill(pids());
			awaitEnd(this.process);
		}
	}

	/**
	 * Stops all processes of the server where they are. The first one goes first: after
	 * that there are no new ones.
	 */
	void freeze() {
		Signals.freeze(pids().subList(0, isRunning() ? 1 : 0));
		Signals.freeze(pids());
	}

	/**
	 * Lets all processes of the server run again.
	 */
	void thaw() {
		Signals.thaw(pids());
	}

	/**
	 * Kills the server and deletes its cluster.
	 */
	@Override
	public void close() {
		kill();
		try {
			FileSystemUtils.deleteRecursively(this.directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Leftovers.closed(this);
	}

	/**
	 * Returns the server's processes that there are now, the postmaster's first.
	 */
	private List<Long> pids() {
		List<Long> pids = new ArrayList<>();
		if (this.process != null && this.process.isAlive()) {
			pids.add(this.process.pid());
			this.process.descendants().map(ProcessHandle::pid).forEach(pids::add);
		}
		return pids;
	}

	private void awaitEnd(Process ending) {
		if (!hasEnded(ending, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS))) {
			throw new IllegalStateException("PostgreSQL does not end: " + logExcerpt());
		}
	}

	private static boolean hasEnded(Process process, long millis) {
		try {
			return process.waitFor(millis, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private String logExcerpt() {
		try {
			String all = Files.readString(this.log);
			return all.substring(Math.max(0, all.length() - LOG_EXCERPT));
		}
		catch (IOException ex) {
			return "no log, " + ex;
		}
	}

}
