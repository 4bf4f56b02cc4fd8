package io.github.pgnotify.sample;

import java.net.URI;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Tells a newcomer, at the end of the start, where to look and what to paste.
 */
@Component
class Welcome {

	private static final Log logger = LogFactory.getLog(Welcome.class);

	// The commands have lines of their own, to be marked and copied whole
	private static final String WELCOME = """
			Open %1$s and see notifications arrive. From another terminal, try:

			psql '%2$s' -c "select pg_notify('ch2', '{\\"topic\\": \\"xyz\\", \\"notice\\": \\"update\\", \\"data\\": [2, \\"stuff\\"]}')"

			psql '%2$s' -c "insert into items values (1, 'a row that tells of itself')"

			curl -d 'Hello, PostgreSQL!' %1$s/enqueue/my_channel
			""";

	private final Environment environment;

	private final JdbcConnectionDetails database;

	Welcome(Environment environment, JdbcConnectionDetails database) {
		this.environment = environment;
		this.database = database;
	}

	@EventListener(ApplicationReadyEvent.class)
	void sayHello() {
		String page = "http://localhost:" + this.environment.getProperty("local.server.port");
		String database = psqlAddress(this.database.getJdbcUrl(), this.database.getUsername());
		logger.info(WELCOME.formatted(page, database));
	}

	/**
	 * Turns the address for the driver into one for psql.
	 * @param jdbcUrl with or without parameters, which may hold secrets and are left out
	 * @param user who logs in
	 * @return a connection URI without password
	 */
	static String psqlAddress(String jdbcUrl, @Nullable String user) {
		URI uri = URI.create(jdbcUrl.substring("jdbc:".length()).split("\\?", 2)[0]);
		return "postgresql://" + ((user != null) ? user + "@" : "") + uri.getRawAuthority() + uri.getRawPath();
	}

}
