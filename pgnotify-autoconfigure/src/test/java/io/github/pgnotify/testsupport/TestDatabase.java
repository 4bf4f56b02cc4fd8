package io.github.pgnotify.testsupport;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * An empty database of its own on the tests' PostgreSQL, dropped by {@link #close()}. As
 * an extension it closes itself: after the class if static, after each test if not.
 * <pre class="code">
 * &#64;RegisterExtension
 * static final TestDatabase database = new TestDatabase();
 * </pre>
 */
public final class TestDatabase implements AutoCloseable, BeforeAllCallback, BeforeEachCallback {

	private static final Namespace NAMESPACE = Namespace.create(TestDatabase.class);

	private static final AtomicInteger COUNT = new AtomicInteger();

	private final PostgresServer server = PostgresServer.get();

	private final String name = "test_" + COUNT.incrementAndGet();

	private final List<String> roles = new ArrayList<>();

	private boolean ownedByJUnit;

	/**
	 * Creates the database, and starts PostgreSQL if this is the first one.
	 */
	public TestDatabase() {
		this("UTF8");
	}

	/**
	 * Creates the database with an encoding of its own.
	 * @param encoding PostgreSQL's name of it
	 */
	public TestDatabase(String encoding) {
		// template0: unlike template1, nobody can be connected to it
		onServer("CREATE DATABASE " + this.name + " TEMPLATE template0 ENCODING '" + encoding
				+ "' LC_COLLATE 'C' LC_CTYPE 'C'");
	}

	/**
	 * Returns the name of the database.
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Returns the database's URL, without user and password.
	 */
	public String jdbcUrl() {
		return this.server.jdbcUrl(this.name);
	}

	/**
	 * Returns the name of the database's owner, a superuser.
	 */
	public String username() {
		return this.server.username();
	}

	/**
	 * Returns the password of {@link #username()}.
	 */
	public String password() {
		return this.server.password();
	}

	/**
	 * Returns a DataSource that opens a connection each time, as a superuser.
	 */
	public DataSource dataSource() {
		return new DriverManagerDataSource(jdbcUrl(), username(), password());
	}

	/**
	 * Returns a DataSource that opens a connection each time.
	 * @param role who connects, made by {@link #createRole}
	 */
	public DataSource dataSource(String role) {
		return new DriverManagerDataSource(jdbcUrl(), role, role);
	}

	/**
	 * Creates a role that may log in and nothing more. Its name is its password; it is
	 * dropped with the database.
	 * @param purpose beginning of the name
	 * @return the name, which needs no quotes if the purpose needs none
	 */
	public String createRole(String purpose) {
		String role = purpose + "_" + this.name;
		execute("CREATE ROLE \"" + role + "\" LOGIN PASSWORD '" + role + "'");
		this.roles.add(role);
		return role;
	}

	/**
	 * Returns a template whose every statement has a connection of its own, as a
	 * superuser.
	 */
	public JdbcTemplate jdbc() {
		return new JdbcTemplate(dataSource());
	}

	/**
	 * Executes SQL as a superuser.
	 * @param sql one statement, or several with semicolons
	 */
	public void execute(String sql) {
		jdbc().execute(sql);
	}

	/**
	 * Reads one value as a superuser.
	 * @param sql a query for one row and column
	 * @param arguments values to bind
	 * @return the value as text
	 */
	public @Nullable String queryForString(String sql, Object... arguments) {
		return jdbc().queryForObject(sql, String.class, arguments);
	}

	@Override
	public void beforeAll(ExtensionContext context) {
		closeWith(context);
	}

	@Override
	public void beforeEach(ExtensionContext context) {
		closeWith(context);
	}

	@Override
	public void close() {
		onServer("DROP DATABASE IF EXISTS " + this.name + " WITH (FORCE)");
		this.roles.forEach((role) -> onServer("DROP ROLE IF EXISTS \"" + role + "\""));
	}

	/**
	 * JUnit closes what is in its store: the first context to come is the outermost.
	 */
	private void closeWith(ExtensionContext context) {
		if (!this.ownedByJUnit) {
			this.ownedByJUnit = true;
			context.getStore(NAMESPACE).put(this.name, this);
		}
	}

	private void onServer(String sql) {
		new JdbcTemplate(new DriverManagerDataSource(this.server.jdbcUrl("postgres"), username(), password()))
			.execute(sql);
	}

}
