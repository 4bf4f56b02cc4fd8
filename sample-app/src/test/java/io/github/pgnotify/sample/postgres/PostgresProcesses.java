package io.github.pgnotify.sample.postgres;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Finds servers by the data directory on their command line.
 */
public final class PostgresProcesses {

	private PostgresProcesses() {
	}

	public static List<ProcessHandle> of(Path data) {
		return ProcessHandle.allProcesses().filter((process) -> serves(process.info(), data)).toList();
	}

	private static boolean serves(ProcessHandle.Info info, Path data) {
		return info.command().filter((command) -> command.endsWith("/postgres")).isPresent()
				&& Arrays.asList(info.arguments().orElse(new String[0])).contains(data.toString());
	}

}
