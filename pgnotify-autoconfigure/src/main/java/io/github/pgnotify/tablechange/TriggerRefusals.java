package io.github.pgnotify.tablechange;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.PgTableTriggers.Compared;

import org.springframework.core.NestedExceptionUtils;

/**
 * Why the triggers cannot be as declared, and what to do, in sentences.
 */
final class TriggerRefusals {

	private static final String LOCK_NOT_AVAILABLE = "55P03";

	private TriggerRefusals() {
	}

	static PgNotifyStartupException drift(Compared compared) {
		return new PgNotifyStartupException(
				"The triggers of the database are not as declared, and pgnotify changes nothing because of "
						+ "pgnotify.triggers.mode=validate:" + list(compared.todo()),
				"Set pgnotify.triggers.mode=apply and pgnotify brings them about, or set it to script and run what it "
						+ "writes; or correct the declarations.");
	}

	static PgNotifyStartupException notPermitted(Compared compared) {
		return new PgNotifyStartupException(
				"The triggers of the database are not as declared, and role '" + compared.role()
						+ "' may not change that: it " + String.join(", it ", compared.missingRights()) + "."
						+ list(compared.todo()),
				"Name a role that may by pgnotify.flyway.user and pgnotify.flyway.password; or set "
						+ "pgnotify.triggers.mode=script and have somebody run what it writes who may.");
	}

	static PgNotifyStartupException failed(TriggerDifference difference, TriggerSettings settings, Exception cause) {
		Throwable root = NestedExceptionUtils.getMostSpecificCause(cause);
		if (root instanceof SQLException sql && LOCK_NOT_AVAILABLE.equals(sql.getSQLState())) {
			return new PgNotifyStartupException(
					"Could not " + difference + ": the table was in use for longer than "
							+ settings.lockTimeout().toMillis() + " ms.",
					"Start again when no long transaction writes to the table, or set "
							+ "pgnotify.triggers.lock-timeout to a longer time; writes to the table wait as long.",
					cause);
		}
		return new PgNotifyStartupException(
				"Could not " + difference + ": " + String.valueOf(root.getMessage()).strip(),
				"Correct the declaration; a condition may refer to OLD and NEW as after WHEN in CREATE TRIGGER, and "
						+ "only to what all of its operations have.",
				cause);
	}

	private static String list(List<TriggerDifference> differences) {
		return differences.stream().map((difference) -> "\n  - " + difference).collect(Collectors.joining());
	}

}
