package io.github.pgnotify.benchmarks;

/**
 * Texts that tell their number. Stored ones are 100 bytes of JSON: a string of 98
 * characters in quotes.
 */
public final class Payloads {

	private static final int STORED = 98;

	private static final String PADDING = "x".repeat(100_000);

	/** The same in SQL, for number n. */
	public static final String SQL = "to_json(rpad(n || ' ', " + STORED + ", 'x'))";

	private Payloads() {
	}

	/**
	 * Returns a text that is to be stored.
	 */
	public static String text(int number) {
		return text(number, STORED);
	}

	/**
	 * Returns a text.
	 * @param number its number
	 * @param length how many characters it has
	 */
	public static String text(int number, int length) {
		String head = number + " ";
		return head + PADDING.substring(0, length - head.length());
	}

	/**
	 * Returns a text as JSON.
	 */
	public static String json(String text) {
		return '"' + text + '"';
	}

	/**
	 * Returns the number of a text, in quotes or not.
	 */
	public static int number(String text) {
		int number = 0;
		for (int i = (text.charAt(0) == '"') ? 1 : 0; text.charAt(i) != ' '; i++) {
			number = 10 * number + text.charAt(i) - '0';
		}
		return number;
	}

}
