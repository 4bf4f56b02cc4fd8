package io.github.pgnotify.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.TakesScreenshot;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.support.ui.WebDriverWait;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The gateway's page in a browser, while the application is restarted.
 */
class GatewayPageIntegrationTests {

	@TempDir
	private Path directory;

	private WebDriver browser;

	@BeforeEach
	void startBrowser() throws IOException {
		Chromium.require();
		this.browser = Chromium.start();
	}

	@AfterEach
	void quitBrowser() {
		if (this.browser != null) {
			this.browser.quit();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "websocket", "sse" })
	void survivesARestartWithoutLossOrDuplicate(String transport) throws Exception {
		Path data = this.directory.resolve("data");
		String port;
		try (SampleProcess sample = SampleProcess.start(data).awaitReady()) {
			port = sample.find("Open http://localhost:(\\d+)");
			this.browser.get("http://localhost:" + port + "/gateway.html?transport=" + transport);
			await((page) -> page.findElement(By.id("connection")).getText().equals("live"));
			this.browser.findElement(By.id("order")).click();
			await((page) -> shown("history").equals(List.of("parcel 1 of ann: ordered")));
			await((page) -> shown("live").equals(List.of("parcel 1 of ann: ordered")));
			this.browser.findElement(By.id("ship")).click();
			await((page) -> shown("history").size() == 2);
			order(sample, "bob", 10);
			await((page) -> shown("history").size() == 12);
			assertThat(shown("live")).containsExactly("parcel 1 of ann: ordered", "parcel 1 of ann: shipped");
			order(sample, "bob", 50);
			sample.terminate();
			sample.awaitExit();
		}
		await((page) -> page.findElement(By.id("connection")).getText().equals("connecting"));
		try (SampleProcess sample = SampleProcess.start(Integer.parseInt(port), data).awaitReady()) {
			order(sample, "bob", 50);
			await((page) -> page.findElement(By.id("connection")).getText().equals("live"));
			order(sample, "ann", 1);
			await((page) -> shown("live").contains("parcel 112 of ann: ordered"));
			await((page) -> shown("history").size() >= 113);
			List<String> history = shown("history");
			assertThat(history).hasSize(113).doesNotHaveDuplicates();
			assertThat(history.subList(2, 112))
				.isEqualTo(IntStream.rangeClosed(2, 111).mapToObj((i) -> "parcel " + i + " of bob: ordered").toList());
			assertThat(shown("live").get(2)).startsWith("Something may have been missed: RECONNECTED");
			keepScreenshot("gateway-" + transport + ".png");
		}
	}

	/**
	 * A stored channel joins a live one after what was there, and both go on together.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "websocket", "sse" })
	void aChannelJoinsFromACursorOfItsOwn(String transport) throws Exception {
		try (SampleProcess sample = SampleProcess.start(this.directory.resolve("data")).awaitReady()) {
			this.browser.get("http://localhost:" + sample.find("Open http://localhost:(\\d+)") + "/gateway.html");
			await((page) -> page.findElement(By.id("connection")).getText().equals("live"));
			order(sample, "ann", 3);
			run(transport, """
					const begin = (options) => {
					  window.events = [];
					  const connection = connect({ transport: arguments[0], client: 'ann', ...options });
					  ['message', 'gap', 'subscribed'].forEach((name) => connection.addEventListener(name,
					    ({ detail }) => window.events.push(`${name} ${detail.channel}`)));
					  return connection;
					};
					window.begin = begin;
					window.connection = begin({ channels: ['parcels'] });
					""");
			await((page) -> events().contains("subscribed parcels"));
			run(transport, "window.connection.subscribe('parcel_history', 'earliest');");
			await((page) -> count("message parcel_history") == 3);
			order(sample, "ann", 1);
			await((page) -> count("message parcel_history") == 4 && count("message parcels") == 1);
			run(transport, "window.saved = window.connection.cursor; window.connection.close();");
			order(sample, "ann", 2);
			run(transport,
					"window.connection = window.begin({ channels: ['parcels', 'parcel_history'], after: window.saved });");
			await((page) -> count("message parcel_history") == 2 && count("subscribed parcels") == 1);
			order(sample, "ann", 1);
			await((page) -> count("message parcel_history") == 3 && count("message parcels") == 1);
			assertThat(events()).contains("gap parcels").doesNotContain("gap parcel_history");
			run(transport, "window.events.length = 0; window.connection.subscribe('parcel_history', 'earliest');");
			await((page) -> count("message parcel_history") == 7);
			order(sample, "ann", 1);
			await((page) -> count("message parcel_history") == 8);
			assertThat(events()).doesNotContain("gap parcel_history");
		}
	}

	private void run(String transport, String script) {
		((JavascriptExecutor) this.browser).executeAsyncScript("const done = arguments[1];\n"
				+ "import('./subscribe.js').then(({ connect }) => {\n" + script + "\ndone(); });", transport);
	}

	private List<String> events() {
		List<?> events = (List<?>) ((JavascriptExecutor) this.browser).executeScript("return window.events;");
		return events.stream().map(String::valueOf).toList();
	}

	private long count(String event) {
		return events().stream().filter(event::equals).count();
	}

	private static void order(SampleProcess sample, String customer, int count) throws SQLException {
		String database = sample.find("psql '(postgresql://[^']+)'").replaceFirst("postgres@", "");
		try (Connection connection = DriverManager.getConnection("jdbc:" + database, "postgres", null);
				Statement statement = connection.createStatement()) {
			for (int i = 0; i < count; i++) {
				statement.execute("insert into parcel (customer) values ('" + customer + "')");
			}
		}
	}

	private void await(Function<WebDriver, Boolean> condition) {
		new WebDriverWait(this.browser, Duration.ofSeconds(40)).until(condition);
	}

	/**
	 * What is in a list, oldest first.
	 */
	private List<String> shown(String list) {
		List<?> texts = (List<?>) ((JavascriptExecutor) this.browser).executeScript(
				"return [...document.querySelectorAll('#" + list + " li')].map((item) => item.innerText).reverse();");
		return texts.stream().map(String::valueOf).toList();
	}

	private void keepScreenshot(String name) throws IOException {
		byte[] screenshot = ((TakesScreenshot) this.browser).getScreenshotAs(OutputType.BYTES);
		Files.write(Path.of("target", name), screenshot);
	}

}
