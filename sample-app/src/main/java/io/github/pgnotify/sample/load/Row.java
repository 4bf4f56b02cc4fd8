package io.github.pgnotify.sample.load;

/**
 * What is written, and arrives.
 *
 * @param number which row of the run, from 0
 * @param sentAt when it was written, or should have been, by {@code System.nanoTime()}
 * @param filler makes it as long as asked for
 */
record Row(int number, long sentAt, String filler) {

	private static final int BYTES_WITHOUT_VALUES = "{\"number\":,\"sentAt\":,\"filler\":\"\"}".length();

	/** What a row takes in any case. */
	static final int LEAST_BYTES = BYTES_WITHOUT_VALUES + 30;

	/**
	 * Makes a row whose JSON has so many bytes.
	 */
	static Row of(int number, long sentAt, int bytes) {
		int values = Integer.toString(number).length() + Long.toString(sentAt).length();
		return new Row(number, sentAt, "x".repeat(bytes - BYTES_WITHOUT_VALUES - values));
	}

}
