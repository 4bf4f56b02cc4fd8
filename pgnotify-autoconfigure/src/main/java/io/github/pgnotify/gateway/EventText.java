package io.github.pgnotify.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Writes Server-Sent Events. Nothing in a field can end it early: line breaks are removed
 * from names and ids, and begin another line of data.
 */
final class EventText {

	private EventText() {
	}

	/**
	 * An event.
	 * @param name {@code null} for a plain message
	 * @param id what the client will say it has seen; {@code null} to leave it at that of
	 * the event before
	 * @param data {@code null} to set the id and nothing more
	 */
	static Frame event(@Nullable String name, @Nullable String id, @Nullable String data) {
		StringBuilder text = new StringBuilder((data != null) ? data.length() + 32 : 32);
		if (name != null) {
			text.append("event: ").append(oneLine(name)).append('\n');
		}
		if (id != null) {
			text.append("id: ").append(oneLine(id)).append('\n');
		}
		if (data != null) {
			appendData(text, data);
		}
		return Frame.ofBytes(text.append('\n').toString());
	}

	/**
	 * Something that clients do not notice.
	 */
	static Frame comment() {
		return Frame.ofBytes(":\n\n");
	}

	/**
	 * How long to wait before connecting again.
	 */
	static Frame retry(long millis) {
		return Frame.ofBytes("retry: " + millis + "\n\n");
	}

	private static void appendData(StringBuilder text, String data) {
		text.append("data: ");
		for (int i = 0; i < data.length(); i++) {
			char c = data.charAt(i);
			if (c == '\r' && i + 1 < data.length() && data.charAt(i + 1) == '\n') {
				continue;
			}
			if (c == '\r' || c == '\n') {
				text.append("\ndata: ");
			}
			else {
				text.append(c);
			}
		}
		text.append('\n');
	}

	private static String oneLine(String field) {
		StringBuilder text = new StringBuilder(field.length());
		for (int i = 0; i < field.length(); i++) {
			char c = field.charAt(i);
			if (c != '\r' && c != '\n' && c != 0) {
				text.append(c);
			}
		}
		return text.toString();
	}

}
