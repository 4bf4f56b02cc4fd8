package io.github.pgnotify.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.TakesScreenshot;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page as a person sees it.
 */
@SampleTest
class PageIntegrationTests {

	private static WebDriver browser;

	@Autowired
	private JdbcTemplate jdbcTemplate;

	@LocalServerPort
	private int port;

	@BeforeAll
	static void startBrowser() throws IOException {
		Chromium.require();
		browser = Chromium.start();
	}

	@AfterAll
	static void quitBrowser() throws IOException {
		if (browser != null) {
			keepScreenshot("page.png");
			browser.quit();
		}
	}

	private static void keepScreenshot(String name) throws IOException {
		byte[] screenshot = ((TakesScreenshot) browser).getScreenshotAs(OutputType.BYTES);
		Files.write(Path.of("target", name), screenshot);
	}

	@BeforeEach
	void openPage() {
		browser.get("http://localhost:" + this.port);
		await((page) -> page.findElement(By.id("connection")).getText().equals("live"));
	}

	@Test
	void showsWhatThePredecessorsSendThroughTheDatabase() {
		int senderPid = notifyFromAnotherProgram("my_app_name", "\"WARNING: Something really bad happened\"");
		notifyFromAnotherProgram("ch1", "{\"topic\": \"abc\", \"data\": \"some data\", \"something\": \"else\"}");
		notifyFromAnotherProgram("ch2", "{\"topic\": \"xyz\", \"notice\": \"update\", \"data\": [2, \"stuff\"]}");
		notifyFromAnotherProgram("ch3", "[1,2,3,4,5]");
		notifyFromAnotherProgram("foo", "note 1 to foo subscribers");
		notifyFromAnotherProgram("bar", "note 2 to bar subscribers");

		awaitShown("my_app_name", "String", "\"WARNING: Something really bad happened\"", "log");
		awaitShown("ch1", "LinkedHashMap", "{topic=abc, data=some data, something=else}", "42");
		awaitShown("ch2", "Notice", "Notice[topic=xyz, notice=update, data=[2, stuff]]", "an_id");
		awaitShown("ch2", "Notice", "Notice[topic=xyz, notice=update, data=[2, stuff]]", "another_id");
		awaitShown("ch3", "ArrayList<Integer>", "[1, 2, 3, 4, 5]", "numbers");
		awaitShown("foo", "String", "note 1 to foo subscribers", "notes");
		awaitShown("bar", "String", "note 2 to bar subscribers", "notes");
		assertThat(shown()).extracting(Row::senderPid).contains(Integer.toString(senderPid));
	}

	@Test
	void sendsFromTheForm() {
		submit("foo", "note 4 to foo subscribers", "send");
		awaitResult("done", "Sent to “foo”.");
		awaitShown("foo", "String", "note 4 to foo subscribers", "notes");
	}

	@Test
	void enqueuesFromTheForm() {
		submit("my_channel", "Hello, PostgreSQL!", "enqueue");
		awaitResult("done", "on “my_channel” and announced.");
		awaitShown("my_channel", "String", "Hello, PostgreSQL!", "my_subscriber");
		assertThat(this.jdbcTemplate.queryForList("select data #>> '{}' from queue.message", String.class))
			.contains("Hello, PostgreSQL!");
	}

	@Test
	void fillsTheFormWithAnExample() {
		browser.findElement(By.cssSelector(".examples button[data-channel=ch3]")).click();
		browser.findElement(By.id("send")).click();
		awaitShown("ch3", "ArrayList<Integer>", "[1, 2, 3, 4, 5]", "numbers");
	}

	@Test
	void showsTheLatestAgainAfterAReload() {
		submit("foo", "before the reload", "send");
		awaitShown("foo", "String", "before the reload", "notes");
		browser.navigate().refresh();
		awaitShown("foo", "String", "before the reload", "notes");
	}

	@Test
	void saysWhenNobodyListens() {
		submit("MyChan; drop table x / ü", "anybody?", "send");
		awaitResult("unheard", "Sent to “MyChan; drop table x / ü”. Nobody in this application listens there.");
		assertThat(browser.findElement(By.id("channel-hint")).isDisplayed()).isTrue();
		submit("foo", "somebody", "send");
		awaitShown("foo", "String", "somebody", "notes");
		assertThat(browser.findElement(By.id("channel-hint")).isDisplayed()).isFalse();
	}

	@Test
	void showsWhyAMessageIsRefused() {
		submit("pgnotify.mine", "hello", "send");
		awaitResult("refused", "Channel name 'pgnotify.mine' is reserved");
		submit("x".repeat(64), "hello", "enqueue");
		awaitResult("refused", "has 64 bytes, PostgreSQL allows 63");
	}

	@Test
	void showsWhereNotificationsMayHaveBeenMissed() throws IOException {
		submit("foo", "before the gap", "send");
		awaitShown("foo", "String", "before the gap", "notes");
		this.jdbcTemplate.queryForList("""
				select pg_terminate_backend(pid) from pg_stat_activity
				where datname = current_database() and application_name like '%/pgnotify'""");
		await((page) -> !page.findElements(By.cssSelector("#arrivals li.gap")).isEmpty());
		WebElement gap = browser.findElement(By.cssSelector("#arrivals li.gap"));
		assertThat(gap.getText()).contains("Notifications may have been missed")
			.contains("CONNECTION_LOST")
			.containsPattern("from\\s+\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\s+to\\s+\\d\\d:\\d\\d:\\d\\d\\.\\d{3}")
			.containsPattern("dropped\\s+unknown")
			.containsPattern("listener\\s+all");
		submit("foo", "after the gap", "send");
		awaitShown("foo", "String", "after the gap", "notes");
		keepScreenshot("gap.png");
	}

	@Test
	void showsAttemptsOfAGroupAndLetsItsDeadLetterBeTriedAgain() throws IOException {
		clickExample("one that needs a second attempt");
		awaitAttempts("Order[item=coffee, declined=1]", "1 failed: The card was declined", "2 done");
		awaitShown("orders", "Order", "Order[item=coffee, declined=1]", "dashboard");

		clickExample("one that fails three times");
		String cake = "Order[item=cake, declined=3]";
		awaitAttempts(cake, "1 failed: The card was declined", "2 failed: The card was declined",
				"3 failed: The card was declined");
		await((page) -> page.findElement(By.id("dead-letters")).getText().contains("failed after 3 attempts"));
		assertThat(browser.findElement(By.cssSelector("#arrivals .burial")).getText()).contains("a dead letter now");
		keepScreenshot("dead-letter.png");

		browser.findElement(By.cssSelector("#dead-letters button[value=redrive]")).click();
		awaitAttempts(cake, "1 failed: The card was declined", "2 failed: The card was declined",
				"3 failed: The card was declined", "1 done");
		await((page) -> !page.findElement(By.id("dead")).isDisplayed());
		keepScreenshot("redriven.png");
	}

	@Test
	void discardsADeadLetter() {
		submit("orders", "no order at all", "enqueue");
		await((page) -> page.findElement(By.id("dead-letters")).getText().contains("no order at all"));
		browser.findElement(By.cssSelector("#dead-letters button[value=discard]")).click();
		await((page) -> !page.findElement(By.id("dead")).isDisplayed());
		assertThat(this.jdbcTemplate.queryForList("select id from queue.dead_letter")).isEmpty();
	}

	@Test
	void showsMarkupAsText() {
		submit("foo", "<img src=x onerror=alert(1)>", "send");
		awaitShown("foo", "String", "<img src=x onerror=alert(1)>", "notes");
	}

	private int notifyFromAnotherProgram(String channel, String payload) {
		return this.jdbcTemplate.queryForObject("select pg_backend_pid() from pg_notify(?, ?)", Integer.class, channel,
				payload);
	}

	private static void clickExample(String text) {
		browser.findElements(By.cssSelector(".examples button"))
			.stream()
			.filter((button) -> button.getText().equals(text))
			.findFirst()
			.orElseThrow()
			.click();
		browser.findElement(By.id("enqueue")).click();
	}

	private static void awaitAttempts(String value, String... attempts) {
		await((page) -> List.of(attempts)
			.equals(((JavascriptExecutor) page).executeScript(
					"""
							return [...document.querySelectorAll('#arrivals .attempt')].reverse()
							    .filter((item) => item.querySelector('.value').innerText === arguments[0])
							    .map((item) => item.querySelector('.number').innerText + ' ' + item.querySelector('.outcome').innerText);
							""",
					value)));
	}

	private static void submit(String channel, String payload, String button) {
		fill("channel", channel);
		fill("payload", payload);
		browser.findElement(By.id(button)).click();
	}

	private static void fill(String id, String text) {
		WebElement field = browser.findElement(By.id(id));
		field.clear();
		field.sendKeys(text);
	}

	private static void awaitResult(String kind, String text) {
		await((page) -> {
			WebElement result = page.findElement(By.id("result"));
			return kind.equals(result.getDomAttribute("data-kind")) && result.getText().contains(text);
		});
	}

	private static void awaitShown(String channel, String type, String value, String listener) {
		await((page) -> shown().stream()
			.anyMatch((item) -> item.equals(new Row(channel, type, value, listener, item.senderPid()))));
	}

	private static void await(Function<WebDriver, Boolean> condition) {
		new WebDriverWait(browser, Duration.ofSeconds(20)).until(condition);
	}

	// In one step, as the list may change between two
	private static List<Row> shown() {
		List<?> texts = (List<?>) ((JavascriptExecutor) browser).executeScript("""
				const text = (item, part) => item.querySelector(part).innerText;
				return [...document.querySelectorAll('#arrivals li:not(.gap, .attempt, .burial)')].map((item) =>
				    ['.channel', '.type', '.value', '.listener', '.pid'].map((part) => text(item, part)));
				""");
		return texts.stream().map((item) -> Row.of((List<?>) item)).toList();
	}

	private record Row(String channel, String type, String value, String listener, String senderPid) {

		static Row of(List<?> texts) {
			return new Row((String) texts.get(0), (String) texts.get(1), (String) texts.get(2), (String) texts.get(3),
					(String) texts.get(4));
		}

	}

}
