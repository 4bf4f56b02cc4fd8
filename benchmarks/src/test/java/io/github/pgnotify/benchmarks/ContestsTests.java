package io.github.pgnotify.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.pgnotify.benchmarks.Contest.Contender;
import io.github.pgnotify.benchmarks.report.Reports;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ContestsTests {

	private Network network;

	private List<Contest> contests;

	@BeforeEach
	void create() throws IOException {
		Database nowhere = new Database("jdbc:postgresql://127.0.0.1:1/nowhere", "nobody", "");
		this.network = new Network(nowhere, Duration.ZERO);
		this.contests = Benchmarks.contests(nowhere, this.network);
	}

	@AfterEach
	void close() throws IOException {
		this.network.close();
	}

	@Test
	void namesAreUnique() {
		assertThat(this.contests).extracting(Contest::name).doesNotHaveDuplicates();
		assertThat(this.contests).allSatisfy((contest) -> assertThat(contest.contenders()).extracting(Contender::name)
			.doesNotHaveDuplicates()
			.contains(contest.reference()));
	}

	@Test
	void everyTargetIsMeasured() {
		List<Outcome> all = this.contests.stream()
			.flatMap((contest) -> contest.contenders().stream().flatMap((contender) -> everything(contest, contender)))
			.toList();
		assertThat(new Reports(new Environment(Map.of()), all, List.of()).unmeasuredTargets()).isEmpty();
	}

	private static Stream<Outcome> everything(Contest contest, Contender contender) {
		return Stream.of(Metric.RATE, Metric.P50, Metric.LOSS, Metric.STATEMENTS, Metric.IN_TURNS)
			.map((metric) -> new Outcome(contest.name(), contender.name(), metric, List.of(1.0), List.of(1.0)));
	}

}
