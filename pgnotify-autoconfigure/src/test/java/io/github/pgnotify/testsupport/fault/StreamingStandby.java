package io.github.pgnotify.testsupport.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.util.FileSystemUtils;

import io.github.pgnotify.testsupport.EmbeddedBinaries;

/**
 * A hot standby that follows a {@link ControllableServer} by streaming replication, and
 * can be promoted. It has the primary's settings, and replicates asynchronously as long
 * as the primary's {@code synchronous_standby_names} does not name it:
 * {@value #APPLICATION_NAME}.
 * <p>
 * The primary keeps what the standby has not got yet, in a replication slot. To be used
 * by one thread at a time.
 */
public final class StreamingStandby implements AutoCloseable {

	private static final String APPLICATION_NAME = "standby";

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final Duration POLL_INTERVAL = Duration.ofMillis(10);

	private final ControllableServer primary;

	private final ControllableServer server;

	private final String slot;

	/**
	 * Copies a server, starts the copy and waits until it follows.
	 * @param primary a server that runs
	 */
	public StreamingStandby(ControllableServer primary) {
		this(primary, primary.host(), primary.port());
	}

	/**
	 * Copies a server, starts the copy and waits until it follows.
	 * @param primary a server that runs
	 * @param link through what it follows: what the proxy does not forward does not get
	 * replicated
	 */
	public StreamingStandby(ControllableServer primary, TcpProxy link) {
		this(primary, link.host(), link.port());
	}

	private StreamingStandby(ControllableServer primary, String host, int port) {
		this.primary = primary;
		Path directory = EmbeddedBinaries.newDirectory();
		PostgresProcess process = new PostgresProcess(directory, serverCommand(primary));
		this.server = new ControllableServer(process);
		this.slot = "standby_" + process.port();
		try {
			jdbc(primary).queryForList("SELECT pg_create_physical_replication_slot(?, true)", this.slot);
			backUp(directory);
			follow(directory, host, port);
			this.server.start();
			awaitStreaming();
		}
		catch (RuntimeException | Error ex) {
			close();
			throw ex;
		}
	}

	/**
	 * Returns the standby's own server, which can be stopped, frozen and so on, and stays
	 * the same when it is promoted.
	 */
	public ControllableServer server() {
		return this.server;
	}

	/**
	 * Returns the URL of a database on the standby.
	 * @param database its name
	 */
	public String jdbcUrl(String database) {
		return this.server.jdbcUrl(database);
	}

	/**
	 * Waits until the standby shows everything that is committed on the primary now.
	 */
	public void awaitCaughtUp() {
		String end = jdbc(this.primary).queryForObject("SELECT pg_current_wal_flush_lsn()", String.class);
		await(this.server, "SELECT pg_last_wal_replay_lsn() >= ?::pg_lsn", end);
	}

	/**
	 * Makes the standby a primary and waits until one can write to it. The former primary
	 * is not told: if it runs there are two.
	 */
	public void promote() {
		jdbc(this.server).queryForList("SELECT pg_promote(true, ?)", (int) PATIENCE.toSeconds());
		await(this.server, "SELECT NOT pg_is_in_recovery()");
	}

	/**
	 * Kills the standby and deletes its data. The primary, if it runs, no longer keeps
	 * anything for it.
	 */
	@Override
	public void close() {
		this.server.close();
		if (this.primary.isRunning()) {
			jdbc(this.primary).queryForList("""
					SELECT pg_terminate_backend(active_pid, 30000) FROM pg_replication_slots
					WHERE slot_name = ? AND active""", this.slot);
			jdbc(this.primary).queryForList("""
					SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
					WHERE slot_name = ?""", this.slot);
		}
	}

	/**
	 * A base backup, in the session that PostgreSQL wants for it.
	 */
	private void backUp(Path directory) {
		boolean oldNames = this.primary.majorVersion() < 15;
		SingleConnectionDataSource session = new SingleConnectionDataSource(this.primary.jdbcUrl("postgres"),
				this.primary.username(), "", true);
		try {
			JdbcTemplate jdbc = new JdbcTemplate(session);
			jdbc.queryForList(oldNames ? "SELECT pg_start_backup('standby', true, false)"
					: "SELECT pg_backup_start('standby', true)");
			EmbeddedBinaries.copy(this.primary.directory(), directory);
			String label = String.valueOf(jdbc
				.queryForMap(
						oldNames ? "SELECT * FROM pg_stop_backup(false, false)" : "SELECT * FROM pg_backup_stop(false)")
				.get("labelfile"));
			Files.writeString(directory.resolve("backup_label"), label);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			session.destroy();
		}
	}

	private void follow(Path directory, String host, int port) {
		String settings = "\nprimary_conninfo = 'host=%s port=%d user=%s application_name=%s'\nprimary_slot_name = '%s'\n"
			.formatted(host, port, this.primary.username(), APPLICATION_NAME, this.slot);
		try {
			Files.deleteIfExists(directory.resolve("postmaster.pid"));
			empty(directory.resolve("pg_wal"));
			empty(directory.resolve("pg_replslot"));
			Files.writeString(directory.resolve("postgresql.auto.conf"), settings, StandardOpenOption.APPEND);
			Files.createFile(directory.resolve("standby.signal"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void awaitStreaming() {
		await(this.primary, """
				SELECT count(*) = 1 FROM pg_replication_slots s
				JOIN pg_stat_replication r ON r.pid = s.active_pid
				WHERE s.slot_name = ? AND r.state = 'streaming'""", this.slot);
	}

	private static void empty(Path directory) throws IOException {
		FileSystemUtils.deleteRecursively(directory);
		Files.createDirectory(directory);
	}

	private static List<String> serverCommand(ControllableServer primary) {
		try {
			return EmbeddedBinaries.serverCommand(primary.directory());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static JdbcTemplate jdbc(ControllableServer server) {
		return new JdbcTemplate(server.dataSource("postgres"));
	}

	private static void await(ControllableServer server, String condition, @Nullable Object... arguments) {
		JdbcTemplate jdbc = jdbc(server);
		Awaitility.await()
			.atMost(PATIENCE)
			.pollInterval(POLL_INTERVAL)
			.until(() -> Boolean.TRUE.equals(jdbc.queryForObject(condition, Boolean.class, arguments)));
	}

}
