package io.github.pgnotify.queue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;
import io.github.pgnotify.StartPosition;
import io.github.pgnotify.lifecycle.DaemonThreads;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.ChildJvm;
import org.slf4j.LoggerFactory;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.unit.DataSize;

/**
 * A process that consumes, to be killed and stopped. Keeps a {@link HandlerLog}, writes
 * events to its standard output, and goes when it is told to {@code stop}. What it does
 * with a message depends on the number in it.
 */
final class QueueWorker {

	/** Ends the process where it is. */
	static final long POISON = -1;

	/** Is held until the process is told to {@code go}, unless tried again. */
	static final long HELD = 1_000_000;

	private final CountDownLatch go = new CountDownLatch(1);

	private final Duration work = Duration.ofNanos(1000 * Long.getLong("workMicros"));

	private final HandlerLog log;

	private QueueWorker(HandlerLog log) {
		this.log = log;
	}

	/**
	 * Describes a worker.
	 */
	static ChildJvm.Builder on(TestDatabase database, String name, Duration lease, String... channels) {
		return ChildJvm.of(QueueWorker.class)
			.systemProperty("url", database.jdbcUrl() + "?ApplicationName=" + name)
			.systemProperty("user", database.username())
			.systemProperty("password", database.password())
			.systemProperty("name", name)
			.systemProperty("lease", lease.toString())
			.systemProperty("workMicros", "3000")
			.systemProperty("concurrency", "4")
			.arguments(channels);
	}

	public static void main(String[] channels) throws SQLException, IOException {
		((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
		DataSource dataSource = new DriverManagerDataSource(System.getProperty("url"), System.getProperty("user"),
				System.getProperty("password"));
		String name = System.getProperty("name");
		QueueSettings settings = new QueueSettings(name, Duration.parse(System.getProperty("lease")),
				Duration.ofSeconds(5), 50, DataSize.ofMegabytes(8),
				RetryPolicy.builder().maxRetries(2).delay(Duration.ofMillis(10)).build(), Duration.ofDays(7),
				Duration.ofDays(30), Duration.ofSeconds(5));
		QueueConsumers consumers = new QueueConsumers(dataSource, dataSource::getConnection, "queue", settings,
				List.of(), new QueueHarness.Deaf(), DaemonThreads.many("listener"));
		consumers.setApplicationEventPublisher((event) -> System.out.println(event));
		QueueWorker worker = new QueueWorker(new HandlerLog(dataSource, name));
		Set<ChannelName> names = Arrays.stream(channels).map(ChannelName::of).collect(Collectors.toSet());
		consumers.add(new GroupConsumer("listener", names, "billing", StartPosition.EARLIEST, AckMode.AT_LEAST_ONCE,
				Integer.getInteger("concurrency"), 1, null, null, worker::handle));
		consumers.start();
		System.out.println("ready");
		worker.obey();
		consumers.stop();
		System.out.println("stopped");
	}

	private void obey() throws IOException {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = in.readLine(); line != null && !line.equals("stop"); line = in.readLine()) {
			this.go.countDown();
		}
	}

	private void handle(List<ReceivedMessage> messages) throws SQLException, InterruptedException {
		for (ReceivedMessage message : messages) {
			this.log.started(message);
			long number = HandlerLog.number(message);
			if (number == POISON) {
				Runtime.getRuntime().halt(99);
			}
			if (number >= HELD && message.delivery().token() == 1) {
				this.go.await();
			}
			long end = System.nanoTime() + this.work.toNanos();
			while (end - System.nanoTime() > 0) {
				LockSupport.parkNanos(end - System.nanoTime());
			}
			this.log.returned(message);
		}
	}

}
