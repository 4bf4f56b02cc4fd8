package io.github.pgnotify.lifecycle;

import java.time.Duration;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class BackoffTests {

	private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2));

	@ParameterizedTest
	@CsvSource({ "1, 100", "2, 200", "3, 400", "5, 1600", "6, 2000", "100, 2000", "2147483647, 2000" })
	void boundDoublesWithEveryFailureUpToTheMaximum(int failures, long millis) {
		assertThat(this.backoff.bound(failures)).hasMillis(millis);
	}

	@Test
	void delaysAreSpreadOverTheSecondHalfOfTheBound() {
		assertThat(IntStream.range(0, 1000).mapToObj((i) -> this.backoff.delay(3)))
			.allSatisfy((delay) -> assertThat(delay).isBetween(Duration.ofMillis(200), Duration.ofMillis(400)))
			.anySatisfy((delay) -> assertThat(delay).isLessThan(Duration.ofMillis(250)))
			.anySatisfy((delay) -> assertThat(delay).isGreaterThan(Duration.ofMillis(350)));
	}

	@Test
	void boundsThatMakeNoSenseAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1)));
		assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
			.withMessageContaining("initial PT2S, maximum PT1S");
	}

}
