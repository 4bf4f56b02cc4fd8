package io.github.pgnotify.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * The embedded PostgreSQL: its programs, and where its files are.
 */
public final class EmbeddedBinaries {

	private static final String SUPERUSER = "postgres";

	/**
	 * PostgreSQL writes here how it was started, beginning with the program.
	 */
	private static final String COMMAND_FILE = "postmaster.opts";

	/**
	 * The library deletes a directory of data that nobody uses when this is ten minutes
	 * old.
	 */
	private static final String LOCK_FILE = "epg-lock";

	private static final Duration CLUSTER_LIFETIME = Duration.ofHours(2);

	private static @Nullable Path template;

	private EmbeddedBinaries() {
	}

	/**
	 * Returns the name of the superuser, whose password nobody asks for.
	 */
	public static String superuser() {
		return SUPERUSER;
	}

	/**
	 * Returns a builder for a server.
	 * <p>
	 * The directory of the programs is the user's own: the library's default, shared by
	 * all users of the machine, locks the others out if the first one's umask says so.
	 * Told by the library's property rather than its builder, it is also where the
	 * library looks for servers that a killed JVM left behind, and stops them.
	 * @param directory where its data is going to be, below that of the programs
	 */
	static EmbeddedPostgres.Builder builder(Path directory) {
		System.setProperty("ot.epg.working-dir", directory().toString());
		return EmbeddedPostgres.builder()
			.setDataDirectory(directory)
			.setLocaleConfig("locale", "C")
			.setPGStartupWait(Duration.ofMinutes(1));
	}

	/**
	 * Returns the path of a directory that does not exist, for the data of one server. If
	 * this JVM is killed a later run deletes it.
	 */
	public static Path newDirectory() {
		return directory().resolve(UUID.randomUUID().toString());
	}

	/**
	 * Makes an empty cluster whose server does not run. All but the first are copies.
	 * @return its directory, to be deleted by the caller
	 */
	public static Path createCluster() {
		Path directory = newDirectory();
		copy(template(), directory);
		return directory;
	}

	/**
	 * Copies the directory of a cluster, as far as nobody deletes its files meanwhile.
	 * @param from the cluster's
	 * @param to where there is nothing
	 */
	public static void copy(Path from, Path to) {
		try {
			Files.walkFileTree(from, new Copier(from, to));
			keep(to);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot copy " + from, ex);
		}
	}

	/**
	 * Says that a cluster is in use, for two hours: so long no other run takes it for one
	 * that was left behind.
	 * @param cluster its directory
	 */
	private static void keep(Path cluster) throws IOException {
		File lock = cluster.resolve(LOCK_FILE).toFile();
		lock.createNewFile();
		if (!lock.setLastModified(System.currentTimeMillis() + CLUSTER_LIFETIME.toMillis())) {
			throw new IOException("Cannot change " + lock);
		}
	}

	/**
	 * Returns how to run the server of a cluster, as a user whom PostgreSQL accepts.
	 * @param cluster directory of a cluster whose server has run before
	 */
	public static List<String> serverCommand(Path cluster) throws IOException {
		List<String> command = new ArrayList<>();
		if (LinuxUtils.isUnshareAvailable()) {
			command.addAll(List.of("unshare", "-U"));
		}
		String startedAs = Files.readString(cluster.resolve(COMMAND_FILE));
		command.add(startedAs.substring(0, startedAs.indexOf(" \"")));
		return command;
	}

	private static synchronized Path template() {
		Path directory = template;
		if (directory == null) {
			directory = newDirectory();
			initialize(directory);
			Path delete = directory;
			Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(delete)));
			template = directory;
		}
		return directory;
	}

	/**
	 * The library does nothing less than to run the server too.
	 */
	private static void initialize(Path directory) {
		try {
			builder(directory).setRegisterShutdownHook(false).setCleanDataDirectory(false).start().close();
			keep(directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot make a cluster in " + directory, ex);
		}
	}

	private static void delete(Path directory) {
		try {
			FileSystemUtils.deleteRecursively(directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path directory() {
		return Path.of(System.getProperty("java.io.tmpdir"), "pgnotify-test-" + System.getProperty("user.name"));
	}

	/**
	 * Copies what is still there when its turn comes, with its permissions.
	 */
	private static final class Copier extends SimpleFileVisitor<Path> {

		private final Path from;

		private final Path to;

		private Copier(Path from, Path to) {
			this.from = from;
			this.to = to;
		}

		@Override
		public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
			return visitFile(directory, attributes);
		}

		@Override
		public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
			try {
				Files.copy(file, this.to.resolve(this.from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
			}
			catch (NoSuchFileException ex) {
				// a temporary file
			}
			return FileVisitResult.CONTINUE;
		}

		@Override
		public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
			if (ex instanceof NoSuchFileException) {
				return FileVisitResult.CONTINUE;
			}
			throw ex;
		}

	}

}
