package io.github.pgnotify.sample;

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
		List<Arrival> told = new ArrayList<>();
		add(0, 2);
		this.arrivals.follow(told::add);
		add(2, 4);
		assertThat(values(told)).containsExactly("0", "1", "2", "3");
	}

	@Test
	void tellsNobodyWhoLeft() {
		List<Arrival> told = new ArrayList<>();
		Consumer<Arrival> follower = told::add;
		this.arrivals.follow(follower);
		this.arrivals.unfollow(follower);
		add(0, 1);
		assertThat(told).isEmpty();
	}

	private void add(int from, int to) {
		IntStream.range(from, to).forEach((i) -> this.arrivals.add("foo", Integer.toString(i), 1, "notes"));
	}

	private static List<String> values(List<Arrival> arrivals) {
		return arrivals.stream().map(Arrival::value).toList();
	}

}
