package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.CodeSource;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Where the embedded PostgreSQL keeps its files: the data directory and, beside it and
 * named after it, a lock, a log and a mark; and the unpacked binaries.
 *
 * @param data the data directory
 * @param binaries the server's programs
 */
record PostgresDirectories(Path data, Path binaries) {

	/**
	 * The default is below the build directory if the application runs from there, else
	 * below the user's home.
	 * @param data another data directory
	 * @return absolute paths
	 */
	static PostgresDirectories of(@Nullable Path data) {
		Path home = home();
		Path chosen = (data != null) ? data : home.resolve("data");
		return new PostgresDirectories(chosen.toAbsolutePath().normalize(), home.resolve("binaries"));
	}

	/**
	 * Locked by the application that uses the data directory. It lies outside, as a new
	 * data directory must be empty.
	 * @return a file
	 */
	Path lock() {
		return sibling(".lock");
	}

	/**
	 * What PostgreSQL has to say since the last start.
	 * @return a file
	 */
	Path log() {
		return sibling(".log");
	}

	/**
	 * Exists while the data directory is being filled for the first time: what is found
	 * with this mark is half done and nobody's data.
	 * @return a file
	 */
	Path unfinished() {
		return sibling(".unfinished");
	}

	/**
	 * Creates what is missing, for nobody but this user: the server lets in every local
	 * user without a password, its files need not be open too.
	 * @throws IOException if that is impossible
	 */
	void create() throws IOException {
		createPrivately(this.binaries.getParent());
		Files.createDirectories(this.binaries);
		createPrivately(this.data.getParent());
	}

	/**
	 * Whether there is a database of ours, and not one that the user has for other
	 * things: a server that we find running on that must not be stopped.
	 * @return {@code true} if the embedded PostgreSQL has left its mark in the data
	 * directory, which it does before it first starts a server
	 */
	boolean hasDatabase() {
		return Files.exists(this.data.resolve("epg-lock"));
	}

	/**
	 * Whether a new data directory can be made without touching anybody's files.
	 * @return {@code true} if there is nothing in its place
	 * @throws IOException if that cannot be told
	 */
	boolean hasRoom() throws IOException {
		if (!Files.exists(this.data)) {
			return true;
		}
		try (Stream<Path> files = Files.list(this.data)) {
			return files.findAny().isEmpty();
		}
	}

	private Path sibling(String suffix) {
		return this.data.resolveSibling(this.data.getFileName() + suffix);
	}

	private static void createPrivately(@Nullable Path directory) throws IOException {
		if (directory == null || Files.isDirectory(directory)) {
			return;
		}
		boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
		FileAttribute<?>[] attributes = (posix)
				? new FileAttribute<?>[] {
						PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")) }
				: new FileAttribute<?>[0];
		Files.createDirectories(directory, attributes);
	}

	private static Path home() {
		Path classes = location();
		if (classes != null && classes.endsWith(Path.of("target", "classes"))) {
			return classes.resolveSibling("postgres");
		}
		// Not the temporary directory: there, others could put programs in our place
		return Path.of(System.getProperty("user.home"), ".pgnotify-sample").toAbsolutePath();
	}

	private static @Nullable Path location() {
		CodeSource source = PostgresDirectories.class.getProtectionDomain().getCodeSource();
		try {
			return (source != null && "file".equals(source.getLocation().getProtocol()))
					? Path.of(source.getLocation().toURI()) : null;
		}
		catch (URISyntaxException ex) {
			throw new UncheckedIOException(new IOException(ex));
		}
	}

}
