package io.github.pgnotify.tablechange;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the declarations of PgPigeon, {@code pigeon.json}: the same triggers, under the
 * same names, on the same channels, with the payload that its listeners know.
 * <p>
 * How to connect is not read: the application's own connection is used. A list of columns
 * is taken as the list of names that it is, never run.
 *
 * @since 0.1.0
 */
public final class PigeonFile {

	private static final Log logger = LogFactory.getLog(PigeonFile.class);

	/** Names in single or double quotes, with backslashes as in Python and JSON. */
	private static final Pattern QUOTED = Pattern
		.compile("\\G\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|\"((?:[^\"\\\\]|\\\\.)*)\")\\s*(?:,|$)");

	private static final Pattern UPDATE_OF = Pattern.compile(
			"\\bUPDATE\\s+OF\\s+(.*?)(?:\\s+OR\\s+(?:INSERT|DELETE|TRUNCATE|UPDATE)\\b.*)?$",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private PigeonFile() {
	}

	/**
	 * Reads a file.
	 * @param file its content
	 * @param location names it in errors
	 * @return the declarations, active or not
	 * @throws PgNotifyStartupException if it is no such file, or declares what there
	 * cannot be
	 */
	public static List<TableTrigger> read(InputStream file, String location) {
		JsonNode root;
		try {
			root = JsonMapper.shared().readTree(file);
		}
		catch (JacksonException ex) {
			throw refusal(location, "is not JSON (line " + ex.getLocation().getLineNr() + ")");
		}
		if (!root.path("schemas").isArray()) {
			throw refusal(location, "has no schemas");
		}
		List<TableTrigger> triggers = new ArrayList<>();
		for (JsonNode schema : root.path("schemas")) {
			for (JsonNode table : schema.path("tables")) {
				String name = quote(text(schema, "name", location)) + "." + quote(text(table, "name", location));
				for (JsonNode trigger : table.path("triggers")) {
					add(triggers, trigger, name, location);
				}
			}
		}
		return triggers;
	}

	private static void add(List<TableTrigger> triggers, JsonNode json, String table, String location) {
		try {
			triggers.add(read(json, table, location));
		}
		catch (PgNotifyStartupException ex) {
			if (active(json)) {
				throw ex;
			}
			logger.info("Left out an entry of '" + location + "' that is not active: " + ex.getMessage());
		}
	}

	private static boolean active(JsonNode json) {
		return json.path("is_active").asString("").equalsIgnoreCase("true");
	}

	private static TableTrigger read(JsonNode json, String table, String location) {
		String name = text(json, "name", location);
		String events = json.path("trigger_on_statement").asString("");
		if (events.isBlank()) {
			events = text(json, "trigger_on", location);
		}
		Level level = constant(Level.class, text(json, "type", location), name, location);
		TableTrigger.Builder trigger = TableTrigger.of(name, table)
			.channel(text(json, "channel_name", location))
			.on(operations(events, name, location))
			.updateOf(updateOf(events))
			.timing(constant(Timing.class, text(json, "on_condition", location), name, location))
			.level(level)
			.format(Format.PIGEON)
			.active(active(json));
		if (level == Level.ROW) {
			trigger.columns(columns(json.path("return_columns"), name, location));
		}
		return trigger.build();
	}

	private static Operation[] operations(String events, String name, String location) {
		List<Operation> operations = new ArrayList<>();
		Matcher updateOf = UPDATE_OF.matcher(events);
		String plain = events;
		if (updateOf.find()) {
			plain = events.substring(0, updateOf.start()) + "UPDATE" + events.substring(updateOf.end(1));
		}
		for (String event : plain.strip().split("(?i)\\s+OR\\s+")) {
			operations.add(constant(Operation.class, event, name, location));
		}
		return operations.toArray(Operation[]::new);
	}

	private static String[] updateOf(String events) {
		Matcher matcher = UPDATE_OF.matcher(events.strip());
		if (!matcher.find()) {
			return new String[0];
		}
		List<String> columns = new ArrayList<>();
		for (String column : matcher.group(1).split(",")) {
			String name = column.strip();
			boolean quoted = name.length() > 1 && name.startsWith("\"") && name.endsWith("\"");
			// As PostgreSQL took them
			columns.add(quoted ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
					: name.toLowerCase(Locale.ROOT));
		}
		return columns.toArray(String[]::new);
	}

	private static String[] columns(JsonNode json, String name, String location) {
		List<String> columns = new ArrayList<>();
		if (json.isArray()) {
			json.forEach((column) -> columns.add(column.asString()));
			return columns.toArray(String[]::new);
		}
		String list = json.asString("").strip();
		if (!list.startsWith("[") || !list.endsWith("]")) {
			throw refusal(location, "has return_columns of trigger '" + name + "' that are no list in [ ]");
		}
		String inner = list.substring(1, list.length() - 1).strip();
		Matcher matcher = QUOTED.matcher(inner);
		int end = 0;
		while (matcher.find()) {
			String column = (matcher.group(1) != null) ? matcher.group(1) : matcher.group(2);
			columns.add(column.replaceAll("\\\\(.)", "$1"));
			end = matcher.end();
		}
		if (end != inner.length()) {
			throw refusal(location, "has return_columns of trigger '" + name + "' that are no list of quoted names");
		}
		return columns.toArray(String[]::new);
	}

	private static <E extends Enum<E>> E constant(Class<E> type, String text, String name, String location) {
		String wanted = text.strip().toUpperCase(Locale.ROOT).replaceAll("\\s+", "_");
		for (E constant : type.getEnumConstants()) {
			if (constant.name().equals(wanted)) {
				return constant;
			}
		}
		throw refusal(location, "has a trigger '" + name + "' with '" + text.strip() + "', which is none of "
				+ List.of(type.getEnumConstants()));
	}

	private static String text(JsonNode json, String property, String location) {
		String text = json.path(property).asString("");
		if (text.isBlank()) {
			throw refusal(location, "has an entry without " + property);
		}
		return text;
	}

	private static String quote(String name) {
		return "\"" + name.replace("\"", "\"\"") + "\"";
	}

	private static PgNotifyStartupException refusal(String location, String fault) {
		return new PgNotifyStartupException("The file '" + location + "' of pgnotify.triggers.import " + fault + ".",
				"Correct it; the documentation of table changes says what is read of a pigeon.json.");
	}

}
