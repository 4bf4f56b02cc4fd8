package io.github.pgnotify.queue;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class DurationsTests {

	private static final Duration LONGEST = Duration.ofDays(36_500);

	@Test
	void refusesWhatACallerMayNotAskFor() {
		assertThat(Durations.checked(Duration.ZERO)).isZero();
		assertThat(Durations.checked(LONGEST)).isEqualTo(LONGEST);
		assertThatIllegalArgumentException().isThrownBy(() -> Durations.checked(Duration.ofNanos(-1)))
			.withMessageContaining("from 0 to 36500 days");
		assertThatIllegalArgumentException().isThrownBy(() -> Durations.checked(LONGEST.plusNanos(1)));
	}

	@Test
	void boundsWhatAPolicyComesUpWith() {
		assertThat(Durations.bounded(Duration.ofMillis(-1))).isZero();
		assertThat(Durations.bounded(Duration.ofSeconds(1))).isEqualTo(Duration.ofSeconds(1));
		assertThat(Durations.bounded(Duration.ofMillis(Long.MAX_VALUE))).isEqualTo(LONGEST);
		assertThat(System.nanoTime() + LONGEST.toNanos()).isGreaterThan(System.nanoTime());
	}

}
