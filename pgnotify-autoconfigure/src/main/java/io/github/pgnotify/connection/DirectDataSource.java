package io.github.pgnotify.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotifyStartupException;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Opens a physical connection at every call and pools none: for the connection that
 * listens, and for the schema.
 * <p>
 * Sets what such connections need unless the URL or the given properties say otherwise:
 * {@code ApplicationName}, TCP keep-alive, a connect time-out of ten seconds and, with
 * several hosts, {@code targetServerType=primary}. What is the driver's own default
 * anyway is not taken for saying so: the driver's DataSources write all of these into
 * their URL.
 *
 * @since 0.1.0
 */
public final class DirectDataSource extends AbstractDataSource implements PgListenerConnectionSource {

	private static final String URL_PREFIX = "jdbc:postgresql:";

	private static final Pattern SCHEME = Pattern.compile("(jdbc:)?[a-z0-9+-]*:", Pattern.CASE_INSENSITIVE);

	private static final Set<String> ROLE_PARAMETERS = Set.of(PGProperty.USER.getName(), PGProperty.PASSWORD.getName());

	private final Driver driver = new Driver();

	private final String url;

	private final Supplier<Credentials> credentials;

	private final Properties properties;

	/**
	 * Creates a source of connections.
	 * @param url JDBC URL, beginning {@code jdbc:postgresql:}
	 * @param credentials asked at every connection, so that they may change
	 * @param properties connection properties of the driver
	 * @param applicationName the {@code application_name} of the sessions
	 * @throws PgNotifyStartupException if the URL is not PostgreSQL's
	 */
	public DirectDataSource(String url, Supplier<Credentials> credentials, Map<String, String> properties,
			String applicationName) {
		requirePostgres(url);
		Properties own = own(url, applicationName);
		this.url = UrlParameters.remove(url, (name, value) -> own.containsKey(name) && value.equals(defaultOf(name)));
		this.credentials = credentials;
		this.properties = own;
		properties.forEach(this.properties::setProperty);
	}

	private DirectDataSource(String url, Supplier<Credentials> credentials, Properties properties) {
		this.url = url;
		this.credentials = credentials;
		this.properties = properties;
	}

	/**
	 * The same address, as somebody else, even if the URL names a role.
	 * @param others asked at every connection
	 * @return a source of connections as that role
	 */
	public DirectDataSource as(Supplier<Credentials> others) {
		Properties withoutRole = new Properties();
		withoutRole.putAll(this.properties);
		ROLE_PARAMETERS.forEach(withoutRole::remove);
		String url = UrlParameters.remove(this.url, (name, value) -> ROLE_PARAMETERS.contains(name));
		return new DirectDataSource(url, others, withoutRole);
	}

	/**
	 * Another address, as the same role, wherever that was named.
	 * @param otherUrl JDBC URL, beginning {@code jdbc:postgresql:}
	 * @return a source of connections to that address
	 * @throws PgNotifyStartupException if the URL is not PostgreSQL's
	 */
	public DirectDataSource at(String otherUrl) {
		return new DirectDataSource(otherUrl, this::role, Map.of(),
				this.properties.getProperty(PGProperty.APPLICATION_NAME.getName()));
	}

	/**
	 * The same, but a server that accepts a connection and does not go on is not waited
	 * for longer than this.
	 * @param timeout how long to wait for each answer, rounded up to seconds; a
	 * {@code socketTimeout} in the URL or the properties goes before it
	 * @return a source of connections that gives up
	 */
	public DirectDataSource withSocketTimeout(Duration timeout) {
		return with(PGProperty.SOCKET_TIMEOUT, String.valueOf(timeout.plusMillis(999).toSeconds()));
	}

	/**
	 * The same, but over sockets on which notifications are heard a millisecond sooner.
	 * @return a source of connections over such sockets
	 * @see #overSteadySockets()
	 */
	public DirectDataSource overPromptSockets() {
		return overSockets(false);
	}

	/**
	 * The same, but over sockets that let the driver hand out notifications though there
	 * is no break between them, and tell a server that is busy from one that is gone. A
	 * {@code socketFactory} in the URL or the properties goes before it.
	 * @return a source of connections over such sockets
	 * @see PromptSocketFactory
	 */
	public DirectDataSource overSteadySockets() {
		return overSockets(true);
	}

	private DirectDataSource overSockets(boolean patient) {
		Properties inForce = Driver.parseURL(this.url, this.properties);
		if (inForce != null && inForce.containsKey(PGProperty.SOCKET_FACTORY.getName())) {
			// Its argument is not ours to set either
			return this;
		}
		DirectDataSource over = with(PGProperty.SOCKET_FACTORY, PromptSocketFactory.class.getName());
		return patient ? over.with(PGProperty.SOCKET_FACTORY_ARG, PromptSocketFactory.PATIENT) : over;
	}

	private DirectDataSource with(PGProperty property, String value) {
		Properties more = new Properties();
		more.putAll(this.properties);
		more.putIfAbsent(property.getName(), value);
		return new DirectDataSource(this.url, this.credentials, more);
	}

	@Override
	public Connection open() throws SQLException {
		return getConnection();
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = this.driver.connect(this.url, driverProperties());
		if (connection == null) {
			throw new SQLException("The PostgreSQL driver does not accept the URL", "08001");
		}
		return connection;
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return as(() -> new Credentials(username, password)).getConnection();
	}

	private Properties driverProperties() {
		Credentials current = this.credentials.get();
		Properties all = new Properties();
		all.putAll(this.properties);
		if (current.username() != null) {
			all.setProperty(PGProperty.USER.getName(), current.username());
		}
		if (current.password() != null) {
			all.setProperty(PGProperty.PASSWORD.getName(), current.password());
		}
		return all;
	}

	/**
	 * Who connects in the end: to the driver, the URL goes before properties.
	 */
	private Credentials role() {
		Properties inForce = driverProperties();
		Properties withUrl = Driver.parseURL(this.url, inForce);
		Properties decisive = (withUrl != null) ? withUrl : inForce;
		return new Credentials(decisive.getProperty(PGProperty.USER.getName()),
				decisive.getProperty(PGProperty.PASSWORD.getName()));
	}

	private static void requirePostgres(String url) {
		if (!url.startsWith(URL_PREFIX)) {
			throw new PgNotifyStartupException(
					"The database for pgnotify is not PostgreSQL: its URL begins '" + beginning(url) + "'.",
					"Point the DataSource to PostgreSQL (" + URL_PREFIX + "//host:5432/database), give pgnotify an "
							+ "address of its own with pgnotify.datasource.url, mark another DataSource with "
							+ "@PgNotifyDataSource, or switch pgnotify off with pgnotify.enabled=false.");
		}
	}

	/** The scheme of a URL and no more: what follows may hold a password. */
	private static String beginning(String url) {
		Matcher scheme = SCHEME.matcher(url);
		return scheme.lookingAt() ? scheme.group() : "";
	}

	private static Properties own(String url, String applicationName) {
		Properties own = new Properties();
		own.setProperty(PGProperty.APPLICATION_NAME.getName(), applicationName);
		own.setProperty(PGProperty.TCP_KEEP_ALIVE.getName(), "true");
		own.setProperty(PGProperty.CONNECT_TIMEOUT.getName(), "10");
		if (hasSeveralHosts(url)) {
			own.setProperty(PGProperty.TARGET_SERVER_TYPE.getName(), "primary");
		}
		return own;
	}

	private static @Nullable String defaultOf(String name) {
		PGProperty property = PGProperty.forName(name);
		return (property != null) ? property.getDefaultValue() : null;
	}

	private static boolean hasSeveralHosts(String url) {
		String rest = url.substring(URL_PREFIX.length());
		if (!rest.startsWith("//")) {
			return false;
		}
		String hosts = rest.substring(2).split("[/?]", 2)[0];
		return hosts.contains(",");
	}

	/**
	 * Who connects.
	 *
	 * @param username role; {@code null} to leave it to the URL and the driver
	 * @param password password; {@code null} for none
	 */
	public record Credentials(@Nullable String username, @Nullable String password) {

		@Override
		public String toString() {
			return "Credentials[username=" + this.username + "]";
		}

	}

}
