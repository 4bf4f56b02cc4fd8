package io.github.pgnotify.benchmarks.micro;

import java.util.concurrent.TimeUnit;

import io.github.pgnotify.Envelope;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Every payload is looked at whether it is an envelope.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EnvelopeParsing {

	/**
	 * Without an envelope, with a header, a stored message's announcement; small and
	 * large.
	 */
	@Param({ "PLAIN", "HEADER", "ANNOUNCED", "LARGE" })
	private Kind kind = Kind.PLAIN;

	private String payload = "";

	/**
	 * Makes the payload.
	 */
	@Setup
	public void make() {
		this.payload = this.kind.payload;
	}

	/**
	 * Parses it.
	 * @return the envelope
	 */
	@Benchmark
	public @Nullable Envelope parse() {
		return Envelope.parse(this.payload);
	}

	/**
	 * What arrives.
	 */
	public enum Kind {

		/** What {@code convertAndSend} sends. */
		PLAIN(json(100)),

		/** The same with a header. */
		HEADER("{\"pgnotify\":1,\"headers\":{\"tenant\":\"blue\"},\"data\":" + json(100) + "}"),

		/** What the trigger of a stored message sends. */
		ANNOUNCED("{\"pgnotify\":1,\"id\":4711,\"channel\":\"orders\",\"data\":" + json(100)
				+ ",\"created_at\":\"2026-11-20T10:15:30.123456+00:00\",\"updated_at\":null}"),

		/** As much as fits. */
		LARGE("{\"pgnotify\":1,\"headers\":{\"tenant\":\"blue\"},\"data\":" + json(7_900) + "}");

		private final String payload;

		Kind(String payload) {
			this.payload = payload;
		}

		private static String json(int length) {
			String begin = "{\"id\":4711,\"text\":\"";
			return begin + "x".repeat(length - begin.length() - 2) + "\"}";
		}

	}

}
