package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.queue.Settlement.Outcome;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every order of the steps of two workers and the reaper on one message: 1,680 of them,
 * each checked after every step. The workers go on whatever happens to them, the database
 * alone keeps them from doing harm.
 */
class QueueInterleavingIntegrationTests {

	private static final int ORDERS = 1680;

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	static List<Scenario> scenarios() {
		List<Scenario> scenarios = new ArrayList<>();
		for (Outcome outcome : List.of(Outcome.DONE, Outcome.RETRY, Outcome.DEAD, Outcome.RELEASED)) {
			scenarios.add(new Scenario(outcome, false, null));
			scenarios.add(new Scenario(outcome, true, null));
			scenarios.add(new Scenario(outcome, false, "k"));
			scenarios.add(new Scenario(outcome, true, "k"));
		}
		int step = Figures.count(5, 1);
		List<Scenario> chosen = new ArrayList<>();
		for (int i = 0; i < scenarios.size(); i += step) {
			chosen.add(scenarios.get(i));
		}
		return chosen;
	}

	@ParameterizedTest
	@MethodSource("scenarios")
	void inNoOrderOfStepsIsAnInvariantBroken(Scenario scenario) throws SQLException {
		long begun = System.nanoTime();
		DataSource dataSource = database.dataSource();
		new QueueSchema(dataSource, "queue").migrate();
		int subscription = HandWorker.subscribe(dataSource, "billing");
		int orders = 0;
		int completed = 0;
		try (HandWorker first = new HandWorker(dataSource, subscription);
				HandWorker second = new HandWorker(dataSource, subscription);
				HandWorker reaper = new HandWorker(dataSource, subscription);
				Connection observer = dataSource.getConnection()) {
			for (String order : orders("", 3, 3, 3)) {
				Run run = new Run(scenario, order, first, second, reaper, observer);
				run.play();
				completed += run.isCompleted() ? 1 : 0;
				orders++;
			}
		}
		assertThat(orders).isEqualTo(ORDERS);
		// Else nothing was shown
		assertThat(completed).isBetween(ORDERS / 20, ORDERS);
		Figures.print("orders of steps, " + scenario,
				orders + ", " + completed + " completed, in " + (System.nanoTime() - begun) / 1_000_000 + " ms");
	}

	@Test
	void thereAreAsManyOrdersAsCombinatoricsSays() {
		assertThat(orders("", 3, 3, 3)).hasSize(ORDERS).doesNotHaveDuplicates();
	}

	private static List<String> orders(String begun, int first, int second, int reaper) {
		if (first + second + reaper == 0) {
			return List.of(begun);
		}
		List<String> orders = new ArrayList<>();
		if (first > 0) {
			orders.addAll(orders(begun + "A", first - 1, second, reaper));
		}
		if (second > 0) {
			orders.addAll(orders(begun + "B", first, second - 1, reaper));
		}
		if (reaper > 0) {
			orders.addAll(orders(begun + "R", first, second, reaper - 1));
		}
		return orders;
	}

	/**
	 * What the first worker does in the end, and why its lease is taken.
	 *
	 * @param outcome how the first worker completes
	 * @param dies whether it seems dead; else its lease runs out
	 * @param key the message's key
	 */
	record Scenario(Outcome outcome, boolean dies, @Nullable String key) {

	}

	/**
	 * One order of steps, and what is known to be true of it.
	 */
	private static final class Run {

		private final Scenario scenario;

		private final String order;

		private final HandWorker first;

		private final HandWorker second;

		private final HandWorker reaper;

		private final Connection observer;

		private final long message;

		private @Nullable LeasedDelivery ofFirst;

		private @Nullable LeasedDelivery ofSecond;

		private Row row;

		private int claims;

		private int counted;

		private int errors;

		private int ended;

		private int buried;

		private String trace = "";

		Run(Scenario scenario, String order, HandWorker first, HandWorker second, HandWorker reaper,
				Connection observer) throws SQLException {
			this.scenario = scenario;
			this.order = order;
			this.first = first;
			this.second = second;
			this.reaper = reaper;
			this.observer = observer;
			this.message = insert();
			this.row = read();
		}

		boolean isCompleted() {
			return this.ended > 0;
		}

		void play() throws SQLException {
			int[] steps = new int[3];
			for (char who : this.order.toCharArray()) {
				this.trace += who;
				Row before = this.row;
				switch (who) {
					case 'A' -> this.ofFirst = work(this.first, this.ofFirst, steps[0]++, this.scenario.outcome());
					case 'B' -> this.ofSecond = work(this.second, this.ofSecond, steps[1]++, Outcome.DONE);
					default -> reap(steps[2]++);
				}
				this.row = read();
				check(before);
			}
			try (Statement statement = this.observer.createStatement()) {
				statement.execute("DELETE FROM queue.delivery");
			}
			if (this.scenario.dies()) {
				this.first.register();
			}
		}

		private @Nullable LeasedDelivery work(HandWorker worker, @Nullable LeasedDelivery held, int step,
				Outcome outcome) throws SQLException {
			if (step == 0) {
				List<LeasedDelivery> claimed = worker.claim(1);
				claimed.forEach(this::claimed);
				return claimed.isEmpty() ? null : claimed.get(0);
			}
			if (held == null) {
				return null;
			}
			boolean ours = this.row.state().equals("leased") && this.row.token() == held.token();
			if (step == 1) {
				assertThat(worker.renew(held)).as("renewal after %s", this.trace).isEqualTo(ours);
				return held;
			}
			boolean accepted = worker.settle(held, outcome);
			assertThat(accepted).as("%s accepted after %s", outcome, this.trace).isEqualTo(ours);
			if (accepted) {
				accepted(held, outcome);
			}
			return held;
		}

		private void claimed(LeasedDelivery delivery) {
			assertThat(this.row.state()).as("claimed after %s", this.trace).isIn("ready", "suspect");
			assertThat(delivery.isSuspect()).isEqualTo(this.row.state().equals("suspect"));
			assertThat(delivery.token()).as("token after %s", this.trace).isEqualTo(this.row.token() + 1);
			this.claims++;
			this.counted += delivery.isSuspect() ? 1 : 0;
		}

		private void accepted(LeasedDelivery delivery, Outcome outcome) {
			assertThat(delivery.token()).as("token accepted after %s", this.trace).isEqualTo(this.claims);
			int uncounted = delivery.isSuspect() ? 0 : 1;
			switch (outcome) {
				case DONE -> this.ended++;
				case DEAD -> {
					this.ended++;
					this.buried++;
					this.counted += uncounted;
					this.errors++;
				}
				case RETRY -> {
					this.counted += uncounted;
					this.errors++;
				}
				default -> this.counted -= 1 - uncounted;
			}
		}

		private void reap(int step) throws SQLException {
			switch (step) {
				case 0 -> {
					if (this.scenario.dies()) {
						this.first.seemDead();
					}
					else {
						expireLeases();
					}
				}
				case 1 -> this.reaper.reclaim();
				default -> this.reaper.promote();
			}
		}

		private void expireLeases() throws SQLException {
			try (Statement statement = this.observer.createStatement()) {
				statement.execute("UPDATE queue.delivery SET leased_until = clock_timestamp() - interval '1 s' "
						+ "WHERE state = 'leased'");
			}
		}

		private void check(Row before) {
			String when = this.order + " after " + this.trace;
			assertThat(this.ended).as("accepted completions of %s", when).isLessThanOrEqualTo(1);
			assertThat(this.row.deliveries() + this.ended).as("where it is, of %s", when).isOne();
			assertThat(this.row.letters()).as("dead letters of %s", when).isEqualTo(this.buried);
			assertThat(this.row.leased()).as("unexpired leases of %s", when).isLessThanOrEqualTo(1);
			if (this.row.deliveries() + this.row.letters() > 0) {
				assertThat(this.row.token()).as("token of %s", when).isEqualTo(this.claims);
				assertThat(this.row.token()).isGreaterThanOrEqualTo(before.token());
				assertThat(this.row.attempts()).as("attempts of %s", when).isEqualTo(this.counted);
				assertThat(this.row.errors()).as("errors of %s", when).isEqualTo(this.errors);
			}
		}

		private long insert() throws SQLException {
			try (PreparedStatement statement = this.observer.prepareStatement("INSERT INTO queue.message "
					+ "(channel, data, announce, key) VALUES ('orders', '1', false, ?) RETURNING id")) {
				statement.setString(1, this.scenario.key());
				try (ResultSet result = statement.executeQuery()) {
					result.next();
					return result.getLong(1);
				}
			}
		}

		private Row read() throws SQLException {
			try (PreparedStatement statement = this.observer.prepareStatement("""
					SELECT
						count(delivery.message_id), count(dead_letter.message_id),
						count(*) FILTER (WHERE leased_until > clock_timestamp()),
						coalesce(max(delivery.token), max(dead_letter.token), 0),
						coalesce(max(delivery.attempts), max(dead_letter.attempts), 0),
						coalesce(max(jsonb_array_length(coalesce(delivery.errors, dead_letter.errors))), 0),
						coalesce(max(state), 'ended')
					FROM (VALUES (?)) AS message (id)
					LEFT JOIN queue.delivery ON delivery.message_id = message.id
					LEFT JOIN queue.dead_letter ON dead_letter.message_id = message.id
					""")) {
				statement.setLong(1, this.message);
				try (ResultSet result = statement.executeQuery()) {
					result.next();
					return new Row(result.getInt(1), result.getInt(2), result.getInt(3), result.getLong(4),
							result.getInt(5), result.getInt(6), result.getString(7));
				}
			}
		}

	}

	/**
	 * What the database has.
	 */
	private record Row(int deliveries, int letters, int leased, long token, int attempts, int errors, String state) {

	}

}
