package io.github.pgnotify.sample;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ArrivalsTests {

	private final Arrivals arrivals = new Arrivals();

	@Test
	void keepsTheLatest() {
		add(0, Arrivals.KEPT + 3);
		assertThat(values(this.arrivals.latest())).hasSize(Arrivals.KEPT).startsWith("3").endsWith("52");
	}

	@Test
	void tellsAFollowerOfTheKeptAndThenOfTheNew() {
		List<Shown> told = new ArrayList<>();
		add(0, 2);
		this.arrivals.follow(told::add);
		add(2, 4);
		assertThat(values(told)).containsExactly("0", "1", "2", "3");
	}

	@Test
	void keepsGapsInTheirPlaceBetweenArrivals() {
		List<String> told = new ArrayList<>();
		add(0, 1);
		this.arrivals.add(new Gap("OVERFLOW", Instant.EPOCH, Instant.EPOCH, 3L, "notes"));
		add(1, 2);
		this.arrivals.follow((shown) -> told.add(shown.event()));
		assertThat(told).containsExactly("arrival", "gap", "arrival");
		assertThat(values(this.arrivals.latest())).containsExactly("0", "1");
	}

	@Test
	void tellsNobodyWhoLeft() {
		List<Shown> told = new ArrayList<>();
		Consumer<Shown> follower = told::add;
		this.arrivals.follow(follower);
		this.arrivals.unfollow(follower);
		add(0, 1);
		assertThat(told).isEmpty();
	}

	private void add(int from, int to) {
		IntStream.range(from, to).forEach((i) -> this.arrivals.add("foo", Integer.toString(i), 1, "notes"));
	}

	private static List<String> values(List<? extends Shown> shown) {
		return shown.stream().map((each) -> ((Arrival) each).value()).toList();
	}

}
