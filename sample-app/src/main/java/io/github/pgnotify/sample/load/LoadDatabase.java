package io.github.pgnotify.sample.load;

import io.github.pgnotify.SqlIdentifier;
import io.github.pgnotify.queue.PgQueueAdmin;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The database that the run runs on, and is to leave as it was.
 */
class LoadDatabase {

	private static final Log logger = LogFactory.getLog(LoadDatabase.class);

	private final JdbcClient jdbc;

	/** Empty if messages cannot be stored. */
	private final ObjectProvider<PgQueueAdmin> admin;

	private final String messages;

	private long lastBefore = Long.MAX_VALUE;

	LoadDatabase(JdbcClient jdbc, ObjectProvider<PgQueueAdmin> admin,
			@Value("${pgnotify.schema:queue}") String schema) {
		this.jdbc = jdbc;
		this.admin = admin;
		this.messages = SqlIdentifier.quote(schema) + ".message";
	}

	/**
	 * What its figures depend on.
	 */
	String describe() {
		return "PostgreSQL " + setting("server_version") + " (fsync " + setting("fsync") + ", synchronous_commit "
				+ setting("synchronous_commit") + ")";
	}

	private String setting(String name) {
		return this.jdbc.sql("SELECT current_setting(?)").param(name).query(String.class).single();
	}

	/**
	 * Sees what is there already.
	 */
	void remember() {
		if (this.admin.getIfAvailable() != null) {
			this.lastBefore = this.jdbc.sql("SELECT coalesce(max(id), 0) FROM " + this.messages)
				.query(Long.class)
				.single();
		}
	}

	/**
	 * Removes what the run has stored.
	 */
	void cleanUp(LoadProperties properties) {
		if (properties.mode() == LoadMode.LIVE) {
			return;
		}
		try {
			if (properties.mode() == LoadMode.STORED) {
				this.admin.ifAvailable((admin) -> admin.remove(properties.channel(), LoadListeners.GROUP));
			}
			this.jdbc.sql("DELETE FROM " + this.messages + " WHERE id > ? AND channel = ?")
				.param(this.lastBefore)
				.param(properties.channel())
				.update();
		}
		catch (DataAccessException ex) {
			logger.warn("What was stored on channel '" + properties.channel()
					+ "' cannot be removed now; retention will delete it", ex);
		}
	}

}
