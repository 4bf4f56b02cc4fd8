package io.github.pgnotify.benchmarks.durable;

/**
 * Texts that tell their number and are 100 bytes of JSON: a string of 98 characters in
 * quotes.
 */
final class Payloads {

	private static final String PADDING = "x".repeat(98);

	/** The same in SQL, for number n. */
	static final String SQL = "to_json(rpad(n || ' ', 98, 'x'))";

	private Payloads() {
	}

	static String text(int number) {
		String head = number + " ";
		return head + PADDING.substring(head.length());
	}

	static String json(String text) {
		return '"' + text + '"';
	}

	/**
	 * Returns the number of a text, in quotes or not.
	 */
	static int number(String text) {
		int number = 0;
		for (int i = (text.charAt(0) == '"') ? 1 : 0; text.charAt(i) != ' '; i++) {
			number = 10 * number + text.charAt(i) - '0';
		}
		return number;
	}

}
