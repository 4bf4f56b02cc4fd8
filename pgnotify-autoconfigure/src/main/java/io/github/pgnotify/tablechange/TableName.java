package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Name of a table as a declaration has it: each part as it is written, or in double
 * quotes if there is a dot in it.
 *
 * @param schema the schema; {@code null} for the first in which the table is found
 * @param table the table
 */
record TableName(@Nullable String schema, String table) {

	/**
	 * Takes a name apart.
	 * @return the name; {@code null} if it is none
	 */
	static @Nullable TableName parse(String text) {
		List<String> parts = new ArrayList<>();
		StringBuilder part = new StringBuilder();
		boolean quoted = false;
		String trimmed = text.strip();
		for (int i = 0; i < trimmed.length(); i++) {
			char c = trimmed.charAt(i);
			if (c == '"') {
				if (quoted && i + 1 < trimmed.length() && trimmed.charAt(i + 1) == '"') {
					part.append('"');
					i++;
				}
				else {
					quoted = !quoted;
				}
			}
			else if (c == '.' && !quoted) {
				parts.add(part.toString());
				part.setLength(0);
			}
			else {
				part.append(c);
			}
		}
		parts.add(part.toString());
		if (quoted || parts.size() > 2 || parts.stream().anyMatch(String::isEmpty)) {
			return null;
		}
		return (parts.size() == 2) ? new TableName(parts.get(0), parts.get(1)) : new TableName(null, parts.get(0));
	}

}
