package io.github.pgnotify.gateway;

import javax.sql.DataSource;

/**
 * Where stored messages are read.
 *
 * @param dataSource the pool; a connection is taken for as long as a statement takes
 * @param schema schema of the table {@code message}
 * @since 0.1.0
 */
public record PgGatewayLog(DataSource dataSource, String schema) {

}
