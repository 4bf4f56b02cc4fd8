package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a PostgreSQL server writes down about itself while it runs, and leaves behind if
 * it is killed: {@code postmaster.pid} in its data directory.
 *
 * @param path the file
 * @param lines its content: process id, data directory, start time, port, and more
 */
record PostmasterFile(Path path, List<String> lines) {

	/**
	 * Reads the file.
	 * @param data a data directory
	 * @return its content, or empty if there is no such file
	 * @throws IOException if it cannot be read
	 */
	static Optional<PostmasterFile> in(Path data) throws IOException {
		Path path = data.resolve("postmaster.pid");
		return Files.exists(path) ? Optional.of(new PostmasterFile(path, Files.readAllLines(path))) : Optional.empty();
	}

	/**
	 * The process that has the number of the server. It may be another one by now.
	 * @return a process, or empty if there is none
	 */
	Optional<ProcessHandle> process() {
		return line(0).filter((pid) -> pid.matches("\\d{1,18}")).map(Long::parseLong).flatMap(ProcessHandle::of);
	}

	/**
	 * Where the server listens.
	 * @return a port, or empty if it does not listen yet
	 */
	Optional<String> port() {
		return line(3);
	}

	private Optional<String> line(int index) {
		return this.lines.stream().skip(index).findFirst();
	}

}
