package io.github.pgnotify.tablechange;

import java.nio.charset.StandardCharsets;
import java.util.Set;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import org.jspecify.annotations.Nullable;

/**
 * What a declaration may say, whatever the table. What would do nothing is refused, since
 * whoever wrote it relies on it.
 */
final class TableTriggerRules {

	/** Leaves room for what triggers and functions have in front and behind. */
	private static final int MAX_NAME_BYTES = 54;

	private TableTriggerRules() {
	}

	static ChannelName channel(String trigger, String name) {
		try {
			return ChannelName.of(name);
		}
		catch (InvalidChannelNameException ex) {
			throw refusal(trigger, "cannot tell changes there: " + ex.getMessage(),
					"Set its channel to a name of 1 to 63 bytes, without NUL, that does not begin with '"
							+ ChannelName.RESERVED_PREFIX + "'.");
		}
	}

	static void check(String name, String table, Set<Operation> operations, Set<String> updateOf, Timing timing,
			Level level, Set<String> columns, Set<String> whenChanged, @Nullable String condition,
			DeliveryMode delivery, boolean announce, Format format) {
		checkName(name);
		if (table.isBlank()) {
			throw refusal(name, "names no table", "Set its table.");
		}
		if (operations.isEmpty()) {
			throw refusal(name, "names no operation", "Name at least one of INSERT, UPDATE, DELETE and TRUNCATE.");
		}
		if (!operations.contains(Operation.UPDATE)) {
			refuseIf(!updateOf.isEmpty(), name, "has update-of, and does not name the operation UPDATE",
					"Add UPDATE to its operations, or leave update-of out.");
			refuseIf(!whenChanged.isEmpty(), name, "has when-changed, and does not name the operation UPDATE",
					"Add UPDATE to its operations, or leave when-changed out.");
		}
		refuseIf(condition != null && condition.isBlank(), name, "has an empty condition", "Leave it out.");
		if (timing == Timing.INSTEAD_OF) {
			checkInsteadOf(name, operations, level, condition);
		}
		if (level == Level.STATEMENT) {
			checkStatement(name, timing, columns, whenChanged, format);
		}
		refuseIf(announce && delivery == DeliveryMode.LIVE, name,
				"has announce, which is for durable delivery: a live change is a notification anyway",
				"Set its delivery to durable, or leave announce out.");
	}

	private static void checkInsteadOf(String name, Set<Operation> operations, Level level,
			@Nullable String condition) {
		refuseIf(level == Level.STATEMENT, name, "is to run INSTEAD OF a statement, and PostgreSQL does that for rows",
				"Set its level to row.");
		refuseIf(operations.contains(Operation.TRUNCATE), name, "is to run INSTEAD OF TRUNCATE, and no view has that",
				"Leave TRUNCATE out.");
		refuseIf(condition != null, name,
				"has a condition, which PostgreSQL does not allow of a trigger that runs INSTEAD OF",
				"Leave it out, or have the listener decide.");
	}

	private static void checkStatement(String name, Timing timing, Set<String> columns, Set<String> whenChanged,
			Format format) {
		refuseIf(format == Format.STANDARD && !columns.isEmpty(), name,
				"names columns, and runs once for a statement, which has no row to take them from",
				"Set its level to row, or leave columns out.");
		refuseIf(timing == Timing.BEFORE && !whenChanged.isEmpty(), name,
				"is to look at values before the statement, when there are none",
				"Set its timing to after, or leave when-changed out.");
	}

	private static void checkName(String name) {
		if (name.isBlank()) {
			throw new PgNotifyStartupException("A declared trigger has an empty name.", "Give it one.");
		}
		if (name.indexOf(0) >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
			throw new PgNotifyStartupException(
					"The name of a declared trigger has a character that PostgreSQL cannot hold.",
					"Give it a name without NUL and unpaired surrogates.");
		}
		int length = name.getBytes(StandardCharsets.UTF_8).length;
		if (length > MAX_NAME_BYTES) {
			throw new PgNotifyStartupException(
					"The name of the declared trigger '" + name + "' has " + length + " bytes.",
					"Give it a name of 1 to " + MAX_NAME_BYTES
							+ " bytes: PostgreSQL allows 63, and pgnotify adds a few.");
		}
	}

	private static void refuseIf(boolean wrong, String name, String fault, String action) {
		if (wrong) {
			throw refusal(name, fault, action);
		}
	}

	static PgNotifyStartupException refusal(String name, String fault, String action) {
		return new PgNotifyStartupException("The declared trigger '" + name + "' " + fault + ".", action);
	}

}
