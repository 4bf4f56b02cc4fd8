package io.github.pgnotify.tablechange;

import java.util.List;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A table of jobs whose status changes are told, kept and replayed: by a declaration and
 * no SQL of its own.
 */
class JobScenarioIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withUserConfiguration(Jobs.class)
		.withPropertyValues("spring.application.name=jobs", "pgnotify.queue.poll-interval=10m");

	@BeforeEach
	void createTable() {
		this.database.execute("""
				CREATE TABLE job (
					id serial PRIMARY KEY,
					status text NOT NULL DEFAULT 'available',
					data jsonb NOT NULL DEFAULT '{}'
				)""");
	}

	@Test
	void statusChangesAreToldAndNothingElse() {
		this.runner.run((context) -> {
			Jobs jobs = context.getBean(Jobs.class);
			this.database.execute("INSERT INTO job (data) VALUES ('{\"n\": 1}')");
			assertThat(jobs.told.await(1)).containsExactly(new Notification(1, 1, "available"));
			this.database.execute("UPDATE job SET data = '{\"n\": 2}'");
			this.database.execute("UPDATE job SET status = status");
			this.database.execute("UPDATE job SET status = 'processing'");
			assertThat(jobs.told.await(2)).last().isEqualTo(new Notification(1, 2, "processing"));
			this.database.execute("DELETE FROM job");
			assertThat(jobs.told.await(3)).last().isEqualTo(new Notification(1, 3, "deleted"));
			assertThat(this.database.queryForString("SELECT count(*) FROM job")).isEqualTo("0");
			assertThat(this.database.queryForString("SELECT count(*) FROM queue.message")).isEqualTo("3");
		});
	}

	@Test
	void whatChangedWhileTheListenerWasDownIsReplayedOnceAndInOrder() {
		this.runner.run((context) -> {
			this.database.execute("INSERT INTO job DEFAULT VALUES");
			context.getBean(Jobs.class).told.await(1);
			await().untilAsserted(() -> assertThat(this.database.queryForString("SELECT count(*) FROM queue.delivery"))
				.isEqualTo("0"));
		});
		for (String status : List.of("a", "b", "c", "d")) {
			this.database.jdbc().update("UPDATE job SET status = ?", status);
		}
		this.database.execute("DELETE FROM job");
		this.runner
			.run((context) -> assertThat(context.getBean(Jobs.class).told.await(5)).extracting(Notification::status)
				.containsExactly("a", "b", "c", "d", "deleted"));
	}

	record Job(String status) {

	}

	record Notification(long jobId, long notificationId, String status) {

	}

	static class Jobs {

		final Recorder<Notification> told = new Recorder<>();

		@PgTableListener(table = "job", columns = "status", whenChanged = "status", group = "worker", announce = true)
		void changed(TableChange<Job> change, Delivery delivery) {
			String status = (change.after() != null) ? change.after().status() : "deleted";
			this.told.record(new Notification(change.key().longValue(), delivery.messageId(), status));
		}

	}

}
