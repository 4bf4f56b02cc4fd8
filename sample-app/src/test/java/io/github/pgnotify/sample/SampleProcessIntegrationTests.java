package io.github.pgnotify.sample;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.github.pgnotify.sample.postgres.PostgresProcesses;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How the sample begins and ends, and what it leaves behind.
 */
class SampleProcessIntegrationTests {

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	private Path directory;

	@AfterEach
	void nothingIsLeft() {
		awaitNoPostgres();
	}

	@Test
	void endsWithItsPostgresWhenTerminatedThoughABrowserLooksOn() throws Exception {
		try (SampleProcess sample = SampleProcess.start(data()).awaitReady()) {
			assertThat(PostgresProcesses.of(data())).isNotEmpty();
			try (InputStream arrivals = get(sample.find("Open (http://\\S+) ") + "/arrivals")) {
				assertThat(arrivals.read()).isNotNegative();
				sample.terminate();
				assertThat(sample.awaitExit()).isEqualTo(143);
				sample.awaitOutput("Graceful shutdown complete");
			}
			awaitNoPostgres();
		}
	}

	@Test
	void leavesNoPostgresWhenTerminatedInTheMiddleOfItsStart() throws Exception {
		try (SampleProcess sample = SampleProcess.start(data())) {
			sample.awaitOutput("Creating a database");
			sample.terminate();
			sample.awaitExit();
			awaitNoPostgres();
		}
		SampleProcess.start(data()).awaitReady().close();
	}

	@Test
	void startsAtOnceAfterItWasKilled() throws Exception {
		List<ProcessHandle> leftBehind;
		try (SampleProcess sample = SampleProcess.start(data()).awaitReady()) {
			sample.kill();
			sample.awaitExit();
			leftBehind = PostgresProcesses.of(data());
			assertThat(leftBehind).isNotEmpty();
		}
		try (SampleProcess sample = SampleProcess.start(data()).awaitReady()) {
			sample.awaitOutput("that an earlier run left behind");
			assertThat(PostgresProcesses.of(data())).isNotEmpty().doesNotContainAnyElementsOf(leftBehind);
		}
	}

	@Test
	void startsAfterItWasKilledInTheMiddleOfItsFirstStart() throws Exception {
		try (SampleProcess sample = SampleProcess.start(data())) {
			sample.awaitOutput("Creating a database");
			sample.kill();
			sample.awaitExit();
		}
		SampleProcess.start(data()).awaitReady().close();
	}

	@Test
	void saysWhatToDoWhenAnotherOneIsRunning() throws Exception {
		try (SampleProcess first = SampleProcess.start(data()).awaitReady();
				SampleProcess second = SampleProcess.start(data())) {
			assertThat(second.awaitExit()).isEqualTo(1);
			second.awaitOutput("APPLICATION FAILED TO START");
			second.awaitOutput("Another running sample-app uses the embedded PostgreSQL in " + data());
			second.awaitOutput("--spring.datasource.url=");

			String database = first.find("psql 'postgresql:(//\\S+)'").replace("postgres@", "");
			try (SampleProcess guest = SampleProcess.start(this.directory.resolve("unused"),
					"--spring.datasource.url=jdbc:postgresql:" + database, "--spring.datasource.username=postgres")) {
				guest.awaitReady();
				assertThat(this.directory.resolve("unused")).doesNotExist();
			}
		}
	}

	private static InputStream get(String url) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
		return HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream()).body();
	}

	private Path data() {
		return this.directory.resolve("data");
	}

	private void awaitNoPostgres() {
		await().atMost(Duration.ofSeconds(20)).until(() -> PostgresProcesses.of(data()).isEmpty());
	}

}
