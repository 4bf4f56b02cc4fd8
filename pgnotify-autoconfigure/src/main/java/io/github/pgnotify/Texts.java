package io.github.pgnotify;

/**
 * What PostgreSQL's {@code text} cannot hold: NUL, and surrogates without a partner,
 * which the driver would store as {@code ?} without a word.
 */
final class Texts {

	private Texts() {
	}

	/**
	 * Finds the first character that cannot be stored.
	 * @return its index, or -1
	 */
	static int indexOfUnstorable(String text) {
		int length = text.length();
		for (int i = 0; i < length; i++) {
			char c = text.charAt(i);
			if (c == 0) {
				return i;
			}
			if (Character.isSurrogate(c)) {
				if (!Character.isHighSurrogate(c) || i + 1 == length || !Character.isLowSurrogate(text.charAt(i + 1))) {
					return i;
				}
				i++;
			}
		}
		return -1;
	}

	/**
	 * Finds the first {@code \}{@code u0000} escape in a JSON text: {@code json} stores
	 * it, but every later {@code ->>} on the row fails.
	 * @return its index, or -1
	 */
	static int indexOfEscapedNul(String json) {
		int at = json.indexOf("\\u0000");
		while (at >= 0) {
			int backslashes = 0;
			while (at - backslashes - 1 >= 0 && json.charAt(at - backslashes - 1) == '\\') {
				backslashes++;
			}
			if (backslashes % 2 == 0) {
				return at;
			}
			at = json.indexOf("\\u0000", at + 1);
		}
		return -1;
	}

	static String describe(String text, int position) {
		char c = text.charAt(position);
		return (c == 0) ? "a NUL character" : "an unpaired surrogate (U+%04X)".formatted((int) c);
	}

	/**
	 * Length in UTF-8 without encoding it.
	 */
	static int utf8Length(String text) {
		int bytes = text.length();
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c >= 0x80) {
				// two chars of a surrogate pair make four bytes: one more for each
				bytes += (c < 0x800 || Character.isSurrogate(c)) ? 1 : 2;
			}
		}
		return bytes;
	}

}
