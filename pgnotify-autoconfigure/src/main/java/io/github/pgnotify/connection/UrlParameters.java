package io.github.pgnotify.connection;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * Parameters of a JDBC URL, {@code ?name=value&name=value}.
 */
final class UrlParameters {

	private UrlParameters() {
	}

	/**
	 * Removes parameters from a URL.
	 * @param url the URL
	 * @param removed decides by name and value
	 * @return the URL with what remains, as it was written
	 */
	static String remove(String url, BiPredicate<String, String> removed) {
		int begin = url.indexOf('?');
		if (begin < 0) {
			return url;
		}
		return Arrays.stream(url.substring(begin + 1).split("&")).filter((parameter) -> {
			String[] parts = parameter.split("=", 2);
			return parts.length < 2 || !removed.test(parts[0], decode(parts[1]));
		}).collect(Collectors.joining("&", url.substring(0, begin + 1), ""));
	}

	private static String decode(String value) {
		try {
			return URLDecoder.decode(value, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			// The driver is to say what it thinks of it
			return value;
		}
	}

}
