package io.github.pgnotify.tablechange;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.PgTableTriggers.Compared;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * What is done about the triggers when an application starts.
 *
 * @param triggers the triggers
 * @param settings what to do
 * @param drops whether what is not declared is to go
 */
record TriggerStart(PgTableTriggers triggers, TriggerSettings settings, boolean drops) {

	private static final Log logger = LogFactory.getLog(TriggerStart.class);

	void run() {
		if (this.settings.mode() == Mode.OFF) {
			return;
		}
		Compared compared;
		try {
			compared = this.triggers.compare(this.drops);
		}
		catch (DataAccessException | TransactionException ex) {
			if (this.triggers.declared().isEmpty()) {
				// Who declares nothing may start without a database
				logger.debug("Whether triggers are left that are not declared any more could not be found out", ex);
				return;
			}
			throw ex;
		}
		compared.disabled()
			.forEach((use) -> logger.warn("Trigger " + use.name() + " on " + use.table()
					+ " is disabled in the database and stays so: its changes are not told"));
		if (this.drops && !compared.left().isEmpty()) {
			logger.warn("There are triggers in the database that this application may have declared once, and it has "
					+ "no name to tell: " + compared.left() + ". Set spring.application.name, or drop them by hand");
		}
		switch (this.settings.mode()) {
			case APPLY -> apply(compared);
			case VALIDATE -> validate(compared);
			case SCRIPT -> script();
			default -> {
			}
		}
	}

	private void apply(Compared compared) {
		if (compared.todo().isEmpty()) {
			return;
		}
		if (!compared.missingRights().isEmpty()) {
			throw TriggerRefusals.notPermitted(compared);
		}
		this.triggers.apply(this.drops);
	}

	private static void validate(Compared compared) {
		if (!compared.todo().isEmpty()) {
			throw TriggerRefusals.drift(compared);
		}
	}

	private void script() {
		String script = this.triggers.script(this.drops);
		Path file = this.settings.script();
		if (script.isEmpty()) {
			logger.info("The triggers are as declared: no script to write");
			return;
		}
		try {
			Path directory = file.toAbsolutePath().getParent();
			if (directory != null) {
				Files.createDirectories(directory);
			}
			Files.writeString(file, script);
			logger.info("Wrote what is to be done about the triggers to " + file);
		}
		catch (IOException ex) {
			throw new PgNotifyStartupException(
					"The script of the triggers cannot be written to " + file + ": " + ex.getMessage() + ".",
					"Set pgnotify.triggers.script to a file that can be written.", ex);
		}
	}

}
