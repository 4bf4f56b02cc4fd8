package io.github.pgnotify.benchmarks;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/**
 * Where to measure. Contenders make schemas of their own and drop them.
 *
 * @param url JDBC URL
 * @param user a superuser
 * @param password the user's
 */
public record Database(String url, String user, String password) {

	private static final int DEFAULT_PORT = 5432;

	private static final List<String> SETTINGS = List.of("server_version", "fsync", "synchronous_commit",
			"full_page_writes", "wal_sync_method", "commit_delay", "shared_buffers", "max_wal_size",
			"checkpoint_timeout", "autovacuum", "autovacuum_naptime", "max_connections", "jit");

	/**
	 * Returns the same database with a parameter for the connections.
	 */
	public Database with(String parameter, String value) {
		return new Database(
				this.url + (this.url.contains("?") ? "&" : "?") + parameter + "="
						+ URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"),
				this.user, this.password);
	}

	/**
	 * Returns the same database with commits that take long to reach the disk: PostgreSQL
	 * waits that long ahead of each flush.
	 * @param micros how long
	 */
	public Database withSlowDisk(int micros) {
		return with("options", "-c commit_delay=" + micros + " -c commit_siblings=0");
	}

	/**
	 * Returns the same database at another address.
	 */
	Database at(String host, int port) {
		return new Database(this.url.replaceFirst("//[^/]*", "//" + host + ":" + port), this.user, this.password);
	}

	/**
	 * Returns where the server is.
	 */
	public String host() {
		return address().getHost();
	}

	/**
	 * Returns the port of the server.
	 */
	public int port() {
		return (address().getPort() > 0) ? address().getPort() : DEFAULT_PORT;
	}

	/**
	 * Returns the name of the database.
	 */
	public String name() {
		return address().getPath().substring(1);
	}

	private URI address() {
		return URI.create(this.url.substring("jdbc:".length()).replaceFirst("[?].*", ""));
	}

	/**
	 * Opens a connection.
	 */
	public Connection connect() throws SQLException {
		return DriverManager.getConnection(this.url, this.user, this.password);
	}

	/**
	 * Makes a pool as Spring Boot does.
	 * @param size how many connections
	 */
	public HikariDataSource pool(int size) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(this.url);
		config.setUsername(this.user);
		config.setPassword(this.password);
		config.setMaximumPoolSize(size);
		return new HikariDataSource(config);
	}

	/**
	 * Executes SQL.
	 * @param sql one statement, or several with semicolons
	 */
	public void execute(String sql) throws SQLException {
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/**
	 * Reads one value.
	 */
	public String queryForString(String sql) throws SQLException {
		try (Connection connection = connect();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery(sql)) {
			row.next();
			return String.valueOf(row.getString(1));
		}
	}

	/**
	 * Makes an empty schema.
	 */
	public void createSchema(String name) throws SQLException {
		dropSchema(name);
		execute("CREATE SCHEMA " + name);
	}

	/**
	 * Drops a schema with all that is in it.
	 */
	public void dropSchema(String name) throws SQLException {
		execute("SET client_min_messages = warning; DROP SCHEMA IF EXISTS " + name + " CASCADE");
	}

	/**
	 * Writes down what earlier trials left to be written.
	 */
	public void settle() throws SQLException {
		execute("CHECKPOINT");
	}

	/**
	 * Returns the settings that matter.
	 */
	public Map<String, String> settings() throws SQLException {
		Map<String, String> settings = new LinkedHashMap<>();
		for (String setting : SETTINGS) {
			settings.put(setting, queryForString("SHOW " + setting));
		}
		return settings;
	}

}
