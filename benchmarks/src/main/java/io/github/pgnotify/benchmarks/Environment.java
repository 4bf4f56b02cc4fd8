package io.github.pgnotify.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.sun.management.OperatingSystemMXBean;
import com.zaxxer.hikari.HikariDataSource;
import io.vertx.pgclient.pubsub.PgSubscriber;
import org.jobrunr.configuration.JobRunr;
import org.postgresql.Driver;

import org.springframework.boot.SpringBootVersion;
import org.springframework.integration.jdbc.channel.PostgresSubscribableChannel;

/**
 * Where and with what it was measured.
 *
 * @param facts names and values, in order
 */
public record Environment(Map<String, String> facts) {

	private static final int COMMITS = 200;

	static Environment of(Database database) throws SQLException {
		Map<String, String> facts = new LinkedHashMap<>();
		Runtime runtime = Runtime.getRuntime();
		facts.put("measured", LocalDate.now(ZoneOffset.UTC).toString());
		facts.put("machine", runtime.availableProcessors() + " processors (" + processor() + "), " + memory() + ", "
				+ System.getProperty("os.name") + " " + System.getProperty("os.version"));
		facts.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version")
				+ ", heap up to " + (runtime.maxMemory() >> 20) + " MB");
		facts.put("PostgreSQL",
				database.settings()
					.entrySet()
					.stream()
					.map((setting) -> setting.getKey() + "=" + setting.getValue())
					.collect(Collectors.joining(", ")));
		facts.put("disk", "a commit of one small record takes " + commitMicros(database) + " µs");
		facts.put("versions",
				"driver " + version(Driver.class) + ", HikariCP " + version(HikariDataSource.class) + ", Spring Boot "
						+ SpringBootVersion.getVersion() + ", Spring Integration "
						+ version(PostgresSubscribableChannel.class) + ", db-scheduler " + version(Scheduler.class)
						+ ", JobRunr " + version(JobRunr.class) + ", Vert.x " + version(PgSubscriber.class));
		return new Environment(facts);
	}

	Environment with(String name, String value) {
		Map<String, String> more = new LinkedHashMap<>(this.facts);
		more.put(name, value);
		return new Environment(more);
	}

	/**
	 * Returns all of it as lines.
	 */
	public String text() {
		return this.facts.entrySet()
			.stream()
			.map((fact) -> fact.getKey() + ": " + fact.getValue())
			.collect(Collectors.joining("\n"));
	}

	private static String version(Class<?> type) {
		String version = type.getPackage().getImplementationVersion();
		if (version != null) {
			return version;
		}
		String jar = Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
			.getFileName()
			.toString();
		return jar.replaceAll("^.*?-(?=\\d)|\\.jar$", "");
	}

	private static String memory() {
		return (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)
				? (system.getTotalMemorySize() >> 30) + " GB" : "unknown memory";
	}

	private static long commitMicros(Database database) throws SQLException {
		long[] nanos = new long[COMMITS];
		try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
			for (int i = 0; i < COMMITS; i++) {
				long begin = System.nanoTime();
				statement.execute("SELECT pg_logical_emit_message(true, 'bench', 'x')");
				nanos[i] = System.nanoTime() - begin;
			}
		}
		Arrays.sort(nanos);
		return nanos[COMMITS / 2] / 1000;
	}

	private static String processor() {
		try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
			return lines.filter((line) -> line.startsWith("model name"))
				.map((line) -> line.substring(line.indexOf(':') + 1).trim())
				.findFirst()
				.orElse(System.getProperty("os.arch"));
		}
		catch (IOException ex) {
			return System.getProperty("os.arch");
		}
	}

}
