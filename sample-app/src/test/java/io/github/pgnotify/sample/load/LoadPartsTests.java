package io.github.pgnotify.sample.load;

import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Options, rows and the account of them.
 */
class LoadPartsTests {

	@ParameterizedTest
	@CsvSource({ "0, 0, 100", "2147483647, -9223372036854775808, 100", "17, 123456789, 64", "17, 123456789, 8000" })
	void aRowIsAsLongAsAskedFor(int number, long sentAt, int bytes) {
		String json = JsonMapper.shared().writeValueAsString(Row.of(number, sentAt, bytes));
		assertThat(json).hasSize(bytes);
		assertThat(JsonMapper.shared().readValue(json, Row.class).number()).isEqualTo(number);
	}

	@Test
	void writesForTenSecondsUnlessToldHowMuch() {
		assertThat(bind(Map.of()).duration()).isEqualTo(Duration.ofSeconds(10));
		assertThat(bind(Map.of("load.rows", "5")).duration()).isNull();
		assertThat(bind(Map.of("load.rows", "5", "load.duration", "3s")).duration()).isEqualTo(Duration.ofSeconds(3));
	}

	@ParameterizedTest
	@CsvSource({ "writers, 0", "listeners, 0", "rows, 0", "rate, 0", "duration, 0s", "patience, -1s",
			"payload-size, 10B", "payload-size, 1GB" })
	void refusesWhatCannotBe(String option, String value) {
		assertThatExceptionOfType(BindException.class).isThrownBy(() -> bind(Map.of("load." + option, value)))
			.havingRootCause()
			.isInstanceOf(IllegalArgumentException.class)
			.withMessageContaining("load." + option + " must ");
	}

	@Test
	void accountTellsWhatIsMissingAndWhatCameTwice() {
		Tally tally = new Tally();
		for (int number = 0; number < 5; number++) {
			tally.written(row(number));
		}
		for (int number : new int[] { 4, 0, 1, 1, 3, 1 }) {
			tally.arrived(row(number));
		}
		assertThat(tally.count()).isEqualTo(new Tally.Count(5, 4, 1, 2));
	}

	@Test
	void aRowMayArriveBeforeItsWriterKnowsThatItIsWritten() {
		Tally tally = new Tally();
		tally.arrived(row(0));
		assertThat(tally.count()).isEqualTo(new Tally.Count(0, 1, 0, 0));
		tally.written(row(0));
		assertThat(tally.count()).isEqualTo(new Tally.Count(1, 1, 0, 0));
	}

	@Test
	void aWorkerIsBusyIdleSuccessfulOrNot() {
		Worker worker = new Worker("one");
		assertThat(worker.figures()).isNull();
		worker.work(() -> {
		});
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> worker.work(() -> {
			throw new IllegalStateException();
		}));
		Worker.Figures figures = worker.figures();
		assertThat(figures).isNotNull();
		assertThat(figures.processed()).isEqualTo(1);
		assertThat(figures.errors()).isEqualTo(1);
		assertThat(figures.total()).isEqualTo(figures.busy().plus(figures.idle()));
		assertThat(figures.end()).isAfterOrEqualTo(figures.start());
	}

	private static Row row(int number) {
		return Row.of(number, System.nanoTime(), 100);
	}

	private static LoadProperties bind(Map<String, String> options) {
		MapConfigurationPropertySource source = new MapConfigurationPropertySource(options);
		source.put("load.channel", "any");
		return new Binder(source).bind("load", LoadProperties.class).get();
	}

}
