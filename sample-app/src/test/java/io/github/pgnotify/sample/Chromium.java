package io.github.pgnotify.sample;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.openqa.selenium.WebDriver;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The browser of the tests: Debian's Chromium, or the one that the system properties
 * {@code pgnotify.chromium} and {@code pgnotify.chromedriver} name. Nothing is
 * downloaded.
 */
final class Chromium {

	private static final File browser = new File(System.getProperty("pgnotify.chromium", "/usr/bin/chromium"));

	private static final File driver = new File(System.getProperty("pgnotify.chromedriver", "/usr/bin/chromedriver"));

	private Chromium() {
	}

	/**
	 * Fails without a browser where one is required, by the environment's {@code CI=true}
	 * or by {@code -Dpgnotify.browser=required}; elsewhere, it aborts the test.
	 */
	static void require() {
		boolean installed = browser.canExecute() && driver.canExecute();
		String sentence = "The page is not tested in a browser, as there is no " + browser + " or no " + driver
				+ ": install Debian's packages chromium and chromium-driver, or name others by "
				+ "-Dpgnotify.chromium and -Dpgnotify.chromedriver";
		if (isRequired()) {
			assertThat(installed).withFailMessage(sentence).isTrue();
		}
		if (!installed) {
			System.err.println("WARNING: " + sentence);
		}
		assumeTrue(installed, sentence);
	}

	static WebDriver start() throws IOException {
		Path profile = Files.createTempDirectory(Path.of("target"), "chromium-").toAbsolutePath();
		ChromeOptions options = new ChromeOptions();
		options.setBinary(browser);
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
				"--disable-quic", "--disable-sync", "--disable-background-networking", "--disable-component-update",
				"--no-first-run", "--window-size=1280,1000", "--user-data-dir=" + profile);
		return new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(driver).build(), options);
	}

	private static boolean isRequired() {
		return Stream.of(System.getenv("CI"), System.getProperty("CI")).anyMatch("true"::equals)
				|| "required".equals(System.getProperty("pgnotify.browser"));
	}

}
