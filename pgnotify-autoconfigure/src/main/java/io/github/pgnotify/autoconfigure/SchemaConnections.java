package io.github.pgnotify.autoconfigure;

import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.autoconfigure.PgNotifySchemaInitializer.ConnectionOpener;

/**
 * As whom the schema of pgnotify and its triggers are created, and who uses them.
 *
 * @param dataSource connects as the role that creates
 * @param users open connections as the roles that are to use the schema
 */
record SchemaConnections(DataSource dataSource, List<ConnectionOpener> users) {

}
