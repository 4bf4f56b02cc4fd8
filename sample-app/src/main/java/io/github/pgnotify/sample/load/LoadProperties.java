package io.github.pgnotify.sample.load;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What the load run does.
 *
 * @param mode how rows get from writers to listeners
 * @param writers how many write at the same time, each with a connection of its own
 * @param listeners how many calls of the listener at the same time
 * @param rows how many to write; as many as there is time for by default
 * @param duration how long to write at most; 10 s unless there is a number of rows
 * @param payloadSize size of a row's JSON
 * @param rate how many rows to write per second, all writers together; as fast as they
 * can by default
 * @param patience how long to wait for rows that do not arrive, after the last that did
 * @param channel the channel, to be used by nobody else
 */
@ConfigurationProperties("load")
record LoadProperties(@DefaultValue("announced") LoadMode mode, @DefaultValue(LoadProperties.WRITERS) int writers,
		@DefaultValue("1") int listeners, @Nullable Integer rows, @Nullable Duration duration,
		@DefaultValue("100B") DataSize payloadSize, @Nullable Integer rate, @DefaultValue("10s") Duration patience,
		String channel) {

	static final String WRITERS = "4";

	private static final long MOST_BYTES = DataSize.ofMegabytes(10).toBytes();

	LoadProperties {
		require(writers >= 1, "load.writers must be at least 1, and is " + writers);
		require(listeners >= 1, "load.listeners must be at least 1, and is " + listeners);
		require(rows == null || rows >= 1, "load.rows must be at least 1, and is " + rows);
		require(rate == null || rate >= 1, "load.rate must be at least 1, and is " + rate);
		require(duration == null || duration.toMillis() >= 1, "load.duration must be at least 1ms, and is " + duration);
		require(!patience.isNegative(), "load.patience must not be negative, and is " + patience);
		require(payloadSize.toBytes() >= Row.LEAST_BYTES && payloadSize.toBytes() <= MOST_BYTES,
				"load.payload-size must be from " + Row.LEAST_BYTES + "B to " + MOST_BYTES + "B, and is "
						+ payloadSize);
		if (rows == null && duration == null) {
			duration = Duration.ofSeconds(10);
		}
	}

	int payloadBytes() {
		return (int) this.payloadSize.toBytes();
	}

	int mostRows() {
		return (this.rows != null) ? this.rows : Integer.MAX_VALUE;
	}

	private static void require(boolean condition, String sentence) {
		if (!condition) {
			throw new IllegalArgumentException(sentence);
		}
	}

}
