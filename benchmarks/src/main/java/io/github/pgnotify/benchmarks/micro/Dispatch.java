package io.github.pgnotify.benchmarks.micro;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgMessageConverter;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.listener.PgListenerAnnotationBeanPostProcessor;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.listener.PgListenerContainerSettings;
import io.github.pgnotify.listener.PgListenerContainerSettings.Capacity;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.support.GenericApplicationContext;
import org.springframework.util.unit.DataSize;

/**
 * The way of a notification from the thread that reads it through a listener's mailbox
 * and thread into its method: a thousand at once, until the last one is handled.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Dispatch {

	private static final int AT_ONCE = 1_000;

	private static final String CHANNEL = "orders";

	private static final PgNotification NOTIFICATION = new PgNotification(ChannelName.of(CHANNEL),
			"{\"id\":4711,\"name\":\"" + "x".repeat(80) + "\"}", 1);

	/** What the method takes. */
	@Param({ "TEXT", "RECORD" })
	private Parameter parameter = Parameter.TEXT;

	/** How many methods hear each notification. */
	@Param({ "1", "10" })
	private int listeners = 1;

	private final SilentSource source = new SilentSource();

	private final LongAdder handled = new LongAdder();

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final GenericApplicationContext context = new GenericApplicationContext();

	private long expected;

	/**
	 * Starts the listeners.
	 */
	@Setup
	public void start() {
		PgListenerContainerSettings settings = new PgListenerContainerSettings(true, Duration.ofSeconds(10), null,
				Duration.ofMinutes(1), new Capacity(10_000_000, DataSize.ofGigabytes(1), Overflow.DROP_OLDEST), null);
		this.context.registerBean("pgListenerContainer", PgListenerContainer.class,
				() -> new PgListenerContainer(this.source, null, this.executor, settings));
		this.context.registerBean(PgMessageConverter.class, () -> new PgMessageConverter(JsonMapper.shared()));
		this.context.registerBean(PgListenerAnnotationBeanPostProcessor.class);
		for (int i = 0; i < this.listeners; i++) {
			if (this.parameter == Parameter.TEXT) {
				this.context.registerBean("listener" + i, TextListener.class, () -> new TextListener(this.handled));
			}
			else {
				this.context.registerBean("listener" + i, RecordListener.class, () -> new RecordListener(this.handled));
			}
		}
		this.context.refresh();
	}

	/**
	 * Stops them.
	 */
	@TearDown
	public void stop() {
		this.context.close();
		this.executor.shutdown();
	}

	/**
	 * Has notifications arrive, and waits until they are handled.
	 */
	@Benchmark
	@OperationsPerInvocation(AT_ONCE)
	public void dispatch() {
		this.expected += (long) AT_ONCE * this.listeners;
		for (int i = 0; i < AT_ONCE; i++) {
			this.source.sink().notification(NOTIFICATION);
		}
		while (this.handled.sum() < this.expected) {
			Thread.onSpinWait();
		}
	}

	/**
	 * What a method takes.
	 */
	public enum Parameter {

		/** The payload as it is. */
		TEXT,

		/** The payload, read as JSON. */
		RECORD

	}

	record Order(long id, String name) {

	}

	record TextListener(LongAdder handled) {

		@PgListener(CHANNEL)
		void receive(String payload) {
			this.handled.increment();
		}

	}

	record RecordListener(LongAdder handled) {

		@PgListener(CHANNEL)
		void receive(Order order) {
			this.handled.increment();
		}

	}

}
