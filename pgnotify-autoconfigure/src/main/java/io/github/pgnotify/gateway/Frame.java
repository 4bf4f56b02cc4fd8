package io.github.pgnotify.gateway;

import java.nio.charset.StandardCharsets;

/**
 * What is written to a client in one piece, ready to be written to many.
 */
final class Frame {

	private static final char REPLACEMENT = '\ufffd';

	private final String text;

	private final byte[] bytes;

	private final int size;

	private Frame(String text, byte[] bytes, int size) {
		this.text = text;
		this.bytes = bytes;
		this.size = size;
	}

	/**
	 * A text frame; its container encodes it, and fails at half of a surrogate pair,
	 * which JSON may contain.
	 */
	static Frame ofText(String text) {
		String encodable = replaceLoneSurrogates(text);
		return new Frame(encodable, new byte[0], utf8Length(encodable));
	}

	/**
	 * Bytes of an event stream.
	 */
	static Frame ofBytes(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return new Frame("", bytes, bytes.length);
	}

	String text() {
		return this.text;
	}

	byte[] bytes() {
		return this.bytes;
	}

	/**
	 * Bytes on the line, about.
	 */
	int size() {
		return this.size;
	}

	private static String replaceLoneSurrogates(String text) {
		StringBuilder replaced = null;
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (!Character.isSurrogate(c)) {
				continue;
			}
			if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
				i++;
				continue;
			}
			replaced = (replaced != null) ? replaced : new StringBuilder(text);
			replaced.setCharAt(i, REPLACEMENT);
		}
		return (replaced != null) ? replaced.toString() : text;
	}

	private static int utf8Length(String text) {
		int length = 0;
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			length += (c < 0x80) ? 1 : (c < 0x800 || Character.isSurrogate(c)) ? 2 : 3;
		}
		return length;
	}

}
