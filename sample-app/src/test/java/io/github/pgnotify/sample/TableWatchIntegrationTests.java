package io.github.pgnotify.sample;

import io.github.pgnotify.sample.TableWatch.Item;
import io.github.pgnotify.sample.TableWatch.ItemChanged;
import io.github.pgnotify.sample.TableWatch.JobStatus;
import io.github.pgnotify.tablechange.TableChange.Operation;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whoever changes the sample's tables is seen.
 */
@SampleTest
class TableWatchIntegrationTests {

	@Autowired
	private Arrivals arrivals;

	@Autowired
	private JdbcTemplate jdbcTemplate;

	@Test
	void changesOfItemsArriveAsRecords() {
		this.jdbcTemplate.execute("INSERT INTO items VALUES (1, '23523523')");
		this.jdbcTemplate.execute("UPDATE items SET item_description = 'dinesh kushwaha'");
		this.jdbcTemplate.execute("DELETE FROM items");
		Item before = new Item(1, "23523523");
		Item after = new Item(1, "dinesh kushwaha");
		awaitArrivals("stock", new ItemChanged(Operation.INSERT, null, before),
				new ItemChanged(Operation.UPDATE, before, after), new ItemChanged(Operation.DELETE, after, null));
	}

	@Test
	void onlyTheStatusOfJobsArrives() {
		this.jdbcTemplate.execute("INSERT INTO job (data) VALUES ('a')");
		this.jdbcTemplate.execute("UPDATE job SET data = 'b'");
		this.jdbcTemplate.execute("UPDATE job SET status = 'processing'");
		this.jdbcTemplate.execute("DELETE FROM job");
		awaitArrivals("jobs", new JobStatus(1, "available"), new JobStatus(1, "processing"),
				new JobStatus(1, "deleted"));
	}

	private void awaitArrivals(String listener, Object... payloads) {
		await().untilAsserted(() -> assertThat(this.arrivals.latest()).filteredOn(Arrival::listener, listener)
			.extracting(Arrival::payload)
			.containsExactly(payloads));
	}

}
