package io.github.pgnotify.connection;

import java.sql.SQLException;

/**
 * The connection goes through a pooler that lends server connections for the length of a
 * transaction: LISTEN succeeds, and nothing ever arrives.
 */
final class BehindPoolerException extends SQLException {

	private static final long serialVersionUID = 1L;

	BehindPoolerException() {
		super("The connection goes through a pooler in transaction mode, behind which no notification arrives: set "
				+ "pgnotify.datasource.url to the address of the PostgreSQL server itself", "08000");
	}

}
