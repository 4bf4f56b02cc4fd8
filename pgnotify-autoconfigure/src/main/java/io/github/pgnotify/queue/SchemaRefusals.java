package io.github.pgnotify.queue;

import java.util.List;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.SqlIdentifier;
import org.jspecify.annotations.Nullable;

import org.springframework.core.NestedExceptionUtils;

/**
 * Why the schema cannot be used, and what to do, in sentences.
 */
final class SchemaRefusals {

	private final SchemaName schema;

	SchemaRefusals(SchemaName schema) {
		this.schema = schema;
	}

	PgNotifyStartupException foreign(SchemaState state) {
		String description = "Schema '%s' of database '%s' has a table 'message' that pgnotify did not create."
			.formatted(this.schema, state.database());
		String action = """
				Keep it and give pgnotify a schema of its own by the property pgnotify.schema, or convert it. \
				To convert, run as its owner, '%2$s':
				    ALTER TABLE %1$s.message RENAME TO message_before_pgnotify;
				start the application once, then run:
				    INSERT INTO %1$s.message (channel, data, created_at, updated_at, announce)
				    SELECT channel, data, created_at, updated_at, false
				    FROM %1$s.message_before_pgnotify ORDER BY created_at;
				""".formatted(this.schema.quoted(), state.owner());
		return new PgNotifyStartupException(description, action);
	}

	PgNotifyStartupException notPermitted(SchemaState state, @Nullable Exception cause) {
		String description = "Role '%s' may not create or change pgnotify's tables in schema '%s' of database '%s'%s."
			.formatted(state.role(), this.schema, state.database(), (cause != null) ? ": " + serverMessage(cause) : "");
		String action = """
				Choose one:
				  - %s
				  - Name a role that may, by the properties pgnotify.flyway.user and pgnotify.flyway.password.
				  - Run the scripts of %s yourself and set pgnotify.flyway.enabled=false.
				""".formatted(permission(state), QueueSchema.LOCATION);
		return new PgNotifyStartupException(description, action, cause);
	}

	PgNotifyStartupException outdated(SchemaState state) {
		String description = """
				Schema '%s' of database '%s' %s; this pgnotify needs version %d, \
				and changes nothing itself because of pgnotify.flyway.enabled=false.""".formatted(this.schema,
				state.database(), found(state), QueueSchema.VERSION);
		String action = """
				Run the newer scripts of %s (in the jar pgnotify-autoconfigure), ${schema} replaced by %s%s, \
				or set pgnotify.flyway.enabled=true and pgnotify does.
				""".formatted(QueueSchema.LOCATION, this.schema.quoted(),
				state.schemaExists() ? "" : ", after CREATE SCHEMA " + this.schema.quoted());
		return new PgNotifyStartupException(description, action);
	}

	PgNotifyStartupException notGranted(SchemaState state, String role, List<String> missing,
			@Nullable Exception cause) {
		String description = "Role '%s' of the application lacks rights on schema '%s' of database '%s', and role '%s' cannot give them%s."
			.formatted(role, this.schema, state.database(), state.role(),
					(cause != null) ? ": " + serverMessage(cause) : "");
		String action = """
				Run as owner of the tables, '%s':
				    %s;
				or grant what you want the role to have, and set pgnotify.flyway.grant=false.
				""".formatted(state.owner(), String.join(";\n    ", missing));
		return new PgNotifyStartupException(description, action, cause);
	}

	PgNotifyStartupException inUse(SchemaState state, Exception cause) {
		String description = "Schema '%s' of database '%s' cannot be brought to version %d: transactions keep its tables in use."
			.formatted(this.schema, state.database(), QueueSchema.VERSION);
		String action = """
				Let these transactions end, and start again:
				    SELECT DISTINCT pid, xact_start, state, application_name
				    FROM pg_catalog.pg_stat_activity JOIN pg_catalog.pg_locks USING (pid)
				    WHERE relation IN (SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = '%s'::regnamespace);
				""".formatted(this.schema.quoted().replace("'", "''"));
		return new PgNotifyStartupException(description, action, cause);
	}

	PgNotifyStartupException failed(SchemaState state, Exception cause) {
		String description = "Schema '%s' of database '%s' cannot be brought to version %d as role '%s': %s"
			.formatted(this.schema, state.database(), QueueSchema.VERSION, state.role(), serverMessage(cause));
		String action = """
				Remove the cause and start again, \
				or run the scripts of %s yourself and set pgnotify.flyway.enabled=false.
				""".formatted(QueueSchema.LOCATION);
		return new PgNotifyStartupException(description, action, cause);
	}

	private static String found(SchemaState state) {
		if (!state.tableExists()) {
			return "has no table 'message'";
		}
		Integer version = state.version();
		return (version != null) ? "has version " + version
				: "has a table 'message' without the comment that tells its version";
	}

	private String permission(SchemaState state) {
		String role = SqlIdentifier.quote(state.role());
		if (!state.schemaExists()) {
			return "Run as owner of the database:  GRANT CREATE ON DATABASE %s TO %s;"
				.formatted(SqlIdentifier.quote(state.database()), role);
		}
		if (!state.creatable()) {
			return "Run as owner of the schema, '%s':  GRANT USAGE, CREATE ON SCHEMA %s TO %s;".formatted(state.owner(),
					this.schema.quoted(), role);
		}
		return "Run as a superuser:  GRANT %s TO %s;  so that the role has the owner's rights."
			.formatted(SqlIdentifier.quote(String.valueOf(state.owner())), role);
	}

	private static String serverMessage(Exception exception) {
		Throwable root = NestedExceptionUtils.getMostSpecificCause(exception);
		return String.valueOf(root.getMessage()).strip();
	}

}
