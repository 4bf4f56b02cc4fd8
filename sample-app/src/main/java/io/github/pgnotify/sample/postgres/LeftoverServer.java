package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.zonky.test.db.postgres.util.LinuxUtils;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * A PostgreSQL that an earlier run could not stop, as it was killed itself. To be used by
 * the owner of the {@link DirectoryLock} only.
 *
 * @param data the data directory that it serves
 * @param pid its process id
 * @param program the running executable
 */
record LeftoverServer(Path data, long pid, Path program) {

	private static final Log logger = LogFactory.getLog(LeftoverServer.class);

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	/**
	 * Looks for a server that really serves this data directory: process ids come to be
	 * used again, so the program and its arguments decide. Removes a file that names some
	 * other process.
	 * @param data a data directory
	 * @return the server, if there is one
	 * @throws IOException if the files of the data directory cannot be read
	 */
	static Optional<LeftoverServer> find(Path data) throws IOException {
		PostmasterFile file = PostmasterFile.in(data).orElse(null);
		ProcessHandle process = (file != null) ? file.process().orElse(null) : null;
		if (file == null || process == null) {
			return Optional.empty();
		}
		ProcessHandle.Info info = process.info();
		// Where the operating system does not tell the arguments, the program must do
		if (isProgram(info, "postgres") && (info.arguments().isEmpty() || serves(info, data))) {
			return Optional.of(new LeftoverServer(data, process.pid(), Path.of(info.command().orElseThrow())));
		}
		// PostgreSQL would take whoever has the number now for a server, and not start
		Files.deleteIfExists(file.path());
		return Optional.empty();
	}

	/**
	 * Ends the program that fills a new data directory, if an earlier run left it at
	 * work.
	 * @param data a data directory
	 */
	static void endInitialization(Path data) {
		ProcessHandle.allProcesses()
			.filter((process) -> isProgram(process.info(), "initdb") && serves(process.info(), data))
			.forEach((process) -> {
				process.destroy();
				ProcessEnd.within(process, PATIENCE);
			});
	}

	/**
	 * Stops the server: politely if that can be had within seconds, which needs no
	 * recovery at the next start, else at once.
	 * @throws IOException if it cannot be stopped
	 */
	void stop() throws IOException {
		logger.info("Stopping PostgreSQL (process " + this.pid + ") that an earlier run left behind");
		if (!stop("fast") && !stop("immediate")) {
			throw new IOException(
					"PostgreSQL of an earlier run does not stop. End process " + this.pid + " and start again");
		}
	}

	private boolean stop(String mode) throws IOException {
		List<String> command = new ArrayList<>();
		if (LinuxUtils.isUnshareAvailable()) {
			// PostgreSQL's programs refuse to be run by root: be nobody for them
			command.addAll(List.of("unshare", "-U"));
		}
		command.addAll(List.of(sibling("pg_ctl"), "stop", "-D", this.data.toString(), "-m", mode, "-t",
				Long.toString(PATIENCE.toSeconds())));
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		try {
			return process.waitFor(PATIENCE.toSeconds() + 5, TimeUnit.SECONDS) && process.exitValue() == 0;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private String sibling(String name) {
		String extension = this.program.toString().endsWith(".exe") ? ".exe" : "";
		return this.program.resolveSibling(name + extension).toString();
	}

	private static boolean isProgram(ProcessHandle.Info info, String name) {
		return info.command()
			.map(Path::of)
			.filter((program) -> program.endsWith(name) || program.endsWith(name + ".exe"))
			.isPresent();
	}

	private static boolean serves(ProcessHandle.Info info, Path data) {
		List<String> arguments = List.of(info.arguments().orElse(new String[0]));
		int option = arguments.indexOf("-D");
		return option >= 0 && option + 1 < arguments.size() && Path.of(arguments.get(option + 1)).equals(data);
	}

}
