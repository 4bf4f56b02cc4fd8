package io.github.pgnotify.autoconfigure;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.StandbyServer;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What a user reads when the application cannot start, printed by a real
 * {@link SpringApplication}.
 */
@ExtendWith(OutputCaptureExtension.class)
class StartupFailureIntegrationTests {

	private static final String SECRET = "s3cret";

	private static final String CHECK_SERVER = "Check that PostgreSQL runs and that host, port and TLS settings in the "
			+ "URL of the DataSource, or of pgnotify.datasource.url, are right. To start without it and go on trying, "
			+ "set pgnotify.listener.startup-failure-policy=retry and, as the schema of stored messages needs the "
			+ "database at start, pgnotify.queue.enabled=false.";

	private static final String CHECK_ROLE = "Check user name, password and TLS settings of the DataSource "
			+ "(spring.datasource.*) or, if set, of pgnotify.datasource.* and pgnotify.flyway.*, and the server's "
			+ "pg_hba.conf.";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private CapturedOutput output;

	@BeforeEach
	void captureOutput(CapturedOutput output) {
		this.output = output;
	}

	@Nested
	class Connecting {

		@ParameterizedTest
		@ValueSource(booleans = { true, false })
		void refused(boolean queue) throws Exception {
			int port = closedPort();
			assertRefused(
					failedStart(Live.class, "spring.datasource.url=jdbc:postgresql://localhost:" + port + "/app",
							"pgnotify.queue.enabled=" + queue),
					"pgnotify cannot connect to PostgreSQL: Connection to localhost:" + port
							+ " refused (SQL state 08001).",
					CHECK_SERVER);
		}

		@Test
		void refusedButTheAdviceIsTaken() throws Exception {
			String url = "jdbc:postgresql://localhost:" + closedPort() + "/app";
			try (ConfigurableApplicationContext context = start(Live.class, "spring.datasource.url=" + url,
					"pgnotify.listener.startup-failure-policy=retry", "pgnotify.queue.enabled=false")) {
				assertThat(context.isRunning()).isTrue();
			}
		}

		@Test
		void aHostThatDoesNotExist() {
			assertRefused(failedStart(Live.class, "spring.datasource.url=jdbc:postgresql://nowhere.invalid/app"),
					"pgnotify cannot connect to PostgreSQL: there is no host 'nowhere.invalid' (SQL state 08001).",
					CHECK_SERVER);
		}

		@Test
		void aWrongPassword() {
			String role = database().createRole("app");
			assertRefused(
					failedStart(Live.class, "spring.datasource.url=" + database().jdbcUrl(),
							"spring.datasource.username=" + role, "spring.datasource.password=" + SECRET),
					"PostgreSQL refuses pgnotify's connection: FATAL: password authentication failed for user \"" + role
							+ "\".",
					CHECK_ROLE);
		}

		@Test
		void noPassword() {
			String role = database().createRole("app");
			assertRefused(
					failedStart(Live.class, "spring.datasource.url=" + database().jdbcUrl(),
							"spring.datasource.username=" + role),
					"PostgreSQL refuses pgnotify's connection: The server requested SCRAM-based authentication, but no "
							+ "password was provided.",
					CHECK_ROLE);
		}

		@Test
		void anUnknownDatabase() {
			assertRefused(
					failedStart(Live.class,
							"spring.datasource.url="
									+ database().jdbcUrl().replace(database().name(), "nothing_of_that_name"),
							"spring.datasource.username=" + database().username()),
					"PostgreSQL refuses pgnotify's connection: FATAL: database \"nothing_of_that_name\" does not exist.",
					"Create the database, or correct its name in the URL of the DataSource.");
		}

		@Test
		void aStandby() {
			try (StandbyServer standby = new StandbyServer()) {
				for (boolean queue : new boolean[] { true, false }) {
					assertRefused(failedStart(Live.class, "spring.datasource.url=" + standby.jdbcUrl(),
							"spring.datasource.username=" + standby.username(), "pgnotify.queue.enabled=" + queue),
							"pgnotify cannot listen on a standby: PostgreSQL refuses LISTEN and NOTIFY during recovery.",
							"Point the DataSource, or pgnotify.datasource.url, to the primary; with several hosts in the "
									+ "URL the primary is found by itself.");
				}
			}
		}

		@Test
		void anotherDatabase() {
			assertRefused(failedStart(Live.class, "spring.datasource.url=jdbc:h2:mem:" + SECRET),
					"The database for pgnotify is not PostgreSQL: its URL begins 'jdbc:h2:'.",
					"Point the DataSource to PostgreSQL (jdbc:postgresql://host:5432/database), give pgnotify an address "
							+ "of its own with pgnotify.datasource.url, mark another DataSource with @PgNotifyDataSource, "
							+ "or switch pgnotify off with pgnotify.enabled=false.");
		}

		@Test
		void severalDataSources() {
			assertRefused(failedStart(TwoDataSources.class),
					"pgnotify cannot choose between the DataSources customers, orders.",
					"Mark the one it is to use with @PgNotifyDataSource, or make one @Primary.");
		}

		@Test
		void severalMarkedDataSources() {
			assertRefused(failedStart(TwoMarkedDataSources.class),
					"Several DataSources are marked @PgNotifyDataSource: customers, orders.", "Mark one of them only.");
		}

		@Test
		void propertiesThatCannotBe() {
			Report report = failedStart(Live.class, "pgnotify.listener.answer-timeout=0s");
			assertThat(report.description())
				.contains("pgnotify.listener.answer-timeout must be from 1ms to 24d, and is 0ms");
			assertThat(report.action()).isNotEmpty();
		}

	}

	@Nested
	class Schema {

		@Test
		void noRightToCreateIt() {
			String role = database().createRole("app");
			Report report = failedStart(Live.class, as(role));
			assertRefused(report,
					"Role '" + role + "' may not create or change pgnotify's tables in schema 'queue' of "
							+ "database '" + database().name() + "'.",
					"""
							Choose one:
							  - Run as owner of the database:  GRANT CREATE ON DATABASE "%s" TO "%s";
							  - Name a role that may, by the properties pgnotify.flyway.user and pgnotify.flyway.password.
							  - Run the scripts of classpath:db/pgnotify yourself and set pgnotify.flyway.enabled=false."""
						.formatted(database().name(), role));
			startsAfter(grantIn(report), as(role));
		}

		@Test
		void noRightToChangeIt() {
			String role = database().createRole("app");
			database().execute("CREATE SCHEMA queue");
			Report report = failedStart(Live.class, as(role));
			assertThat(report.description()).startsWith(
					"Role '" + role + "' may not create or change pgnotify's tables in schema 'queue' of database '");
			startsAfter(grantIn(report), as(role));
		}

		@Test
		void noRightOfTheRoleForTheSchema() {
			String role = database().createRole("ddl");
			String[] properties = Stream
				.concat(Stream.of(as(database().username())),
						Stream.of("pgnotify.flyway.user=" + role, "pgnotify.flyway.password=" + role))
				.toArray(String[]::new);
			assertThat(failedStart(Live.class, properties).description())
				.startsWith("Role '" + role + "' may not create");
		}

		@Test
		void aWrongPasswordOfTheRoleForTheSchema() {
			String role = database().createRole("ddl");
			String[] properties = Stream
				.concat(Stream.of(as(database().username())),
						Stream.of("pgnotify.flyway.user=" + role, "pgnotify.flyway.password=" + SECRET))
				.toArray(String[]::new);
			assertRefused(failedStart(Live.class, properties),
					"PostgreSQL refuses pgnotify's connection: FATAL: password authentication failed for user \"" + role
							+ "\".",
					CHECK_ROLE);
		}

		@Test
		void aForeignTableInItsPlace() {
			database().execute("CREATE SCHEMA queue; CREATE TABLE queue.message (id int)");
			Report report = failedStart(Live.class, as(database().username()));
			assertThat(report.description()).isEqualTo("Schema 'queue' of database '" + database().name()
					+ "' has a table 'message' that pgnotify did not create.");
			assertThat(report.action())
				.startsWith(
						"Keep it and give pgnotify a schema of its own by the property pgnotify.schema, or convert it.")
				.contains("ALTER TABLE \"queue\".message RENAME TO message_before_pgnotify;");
		}

		@Test
		void itIsNotThereAndNotOursToCreate() {
			String[] properties = Stream
				.concat(Stream.of(as(database().username())), Stream.of("pgnotify.flyway.enabled=false"))
				.toArray(String[]::new);
			Report report = failedStart(Live.class, properties);
			assertThat(report.description()).isEqualTo("Schema 'queue' of database '" + database().name()
					+ "' has no table 'message'; this pgnotify needs version 3, and changes nothing itself because of "
					+ "pgnotify.flyway.enabled=false.");
			assertThat(report.action()).startsWith("Run the newer scripts of classpath:db/pgnotify");
		}

		@Test
		void aNameThatCannotBe() {
			Report report = failedStart(Live.class, "spring.datasource.url=" + database().jdbcUrl(),
					"pgnotify.schema=pg_queue");
			assertRefused(report,
					"The name of the schema for stored messages, 'pg_queue', begins with 'pg_', which PostgreSQL keeps for "
							+ "itself.",
					"Set the property pgnotify.schema to a name of 1 to 63 bytes, or leave it out.");
		}

		private String grantIn(Report report) {
			Matcher grant = Pattern.compile("GRANT .*;").matcher(report.action());
			assertThat(grant.find()).isTrue();
			return grant.group();
		}

		private void startsAfter(String cure, String[] properties) {
			database().execute(cure);
			try (ConfigurableApplicationContext context = start(Live.class, properties)) {
				assertThat(context.getBean(PgNotifyOperations.class).enqueue("channel", "text").id()).isPositive();
			}
		}

	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("impossibleListeners")
	void listenersThatCannotBe(Class<?> listener, String fault, String action) {
		String method = listener.getName() + ".listen(" + listener.getAnnotation(Signature.class).value() + ")";
		assertRefused(failedStart(listener, as(this.database.username())), "The @PgListener method " + method + fault,
				action);
	}

	static Stream<Arguments> impossibleListeners() {
		String channelName = "A channel name has 1 to 63 bytes, no NUL, and does not begin with 'pgnotify.'.";
		String proxy = "Declare it in an interface of the bean, make it neither private nor static nor final, or let the "
				+ "bean be proxied by its class (spring.aop.proxy-target-class=true).";
		return Stream.of(Arguments.of(EmptyName.class, " cannot listen: Channel name is empty.", channelName),
				Arguments.of(LongName.class,
						" cannot listen: Channel name '" + "ü".repeat(32)
								+ "' has 64 bytes, PostgreSQL allows 63. Shorten it by 1 byte.",
						channelName),
				Arguments.of(ReservedName.class,
						" cannot listen: Channel name 'pgnotify.orders' is reserved: names beginning with 'pgnotify.' "
								+ "are pgnotify's own. Choose another name.",
						channelName),
				Arguments.of(NulInName.class,
						" cannot listen: Channel name has a NUL character at position 1, which PostgreSQL cannot hold.",
						channelName),
				Arguments.of(NulByExpression.class,
						" cannot listen: Channel name has a NUL character at position 6, which PostgreSQL cannot hold.",
						channelName),
				Arguments.of(NoChannel.class, " names no channel.", "Write @PgListener(\"channel\")."),
				Arguments.of(EmptyList.class, " names no channel.", "Write @PgListener(\"channel\")."),
				Arguments.of(ReturnsSomething.class, " returns java.lang.String, but nobody waits for an answer.",
						"Let it return void; to answer, send a message with PgNotifyTemplate."),
				Arguments.of(TwoPayloads.class, " has 2 parameters that would all be the payload.",
						"Keep one of them; mark the others @Header or @Headers, or make them one record."),
				Arguments.of(PartOfPayload.class, " has a @Payload with an expression, which is not supported.",
						"Take the whole payload and pick from it what is needed."),
				Arguments.of(PrivateBehindProxy.class, " cannot be called through the proxy of its bean.", proxy),
				Arguments.of(FinalBehindProxy.class, " cannot be called through the proxy of its bean.", proxy));
	}

	@Test
	void listenersOfTheSameName() {
		assertRefused(failedStart(SameIds.class, as(this.database.username())),
				"The id 'billing' of the @PgListener method " + Second.class.getName()
						+ ".listen(String) is already that of another listener.",
				"Choose another id, or leave it out.");
	}

	private TestDatabase database() {
		return this.database;
	}

	private String[] as(String role) {
		return new String[] { "spring.datasource.url=" + this.database.jdbcUrl(), "spring.datasource.username=" + role,
				"spring.datasource.password=" + role };
	}

	private void assertRefused(Report report, String description, String action) {
		assertThat(report.description()).isEqualTo(description);
		assertThat(report.action()).isEqualTo(action);
	}

	private Report failedStart(Class<?> configuration, String... properties) {
		int before = this.output.getAll().length();
		assertThatException().isThrownBy(() -> start(configuration, properties).close());
		String printed = this.output.getAll().substring(before);
		assertThat(printed).doesNotContain(SECRET);
		return Report.in(printed);
	}

	private static ConfigurableApplicationContext start(Class<?> configuration, String... properties) {
		List<String> arguments = new ArrayList<>();
		for (String property : properties) {
			arguments.add("--" + property);
		}
		return new SpringApplicationBuilder(Application.class, configuration).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.registerShutdownHook(false)
			.run(arguments.toArray(String[]::new));
	}

	private static int closedPort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	/**
	 * What was printed.
	 *
	 * @param description what is wrong
	 * @param action what to do
	 */
	record Report(String description, String action) {

		private static final Pattern FORMAT = Pattern.compile("""
				APPLICATION FAILED TO START
				\\*+

				Description:

				(.*?)

				Action:

				(.*?)\\s*$""", Pattern.DOTALL);

		static Report in(String output) {
			Matcher matcher = FORMAT.matcher(output.replace("\r", ""));
			assertThat(matcher.find()).as(output).isTrue();
			return new Report(matcher.group(1), matcher.group(2));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { FlywayAutoConfiguration.class, HibernateJpaAutoConfiguration.class,
			DataJpaRepositoriesAutoConfiguration.class, LiquibaseAutoConfiguration.class })
	static class Application {

	}

	static class Live {

		@PgListener("orders")
		void listen(String payload) {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDataSources {

		@Bean
		DataSource orders() {
			return new DriverManagerDataSource("jdbc:postgresql://orders.invalid/app");
		}

		@Bean
		DataSource customers() {
			return new DriverManagerDataSource("jdbc:postgresql://customers.invalid/app");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoMarkedDataSources {

		@Bean
		@PgNotifyDataSource
		DataSource orders() {
			return new DriverManagerDataSource("jdbc:postgresql://orders.invalid/app");
		}

		@Bean
		@PgNotifyDataSource
		DataSource customers() {
			return new DriverManagerDataSource("jdbc:postgresql://customers.invalid/app");
		}

	}

	/**
	 * Types of the parameters of its method, as they are printed.
	 */
	@Retention(RetentionPolicy.RUNTIME)
	@interface Signature {

		String value();

	}

	@Signature("String")
	static class EmptyName {

		@PgListener("")
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class LongName {

		@PgListener("#{'ü' * 32}")
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class ReservedName {

		@PgListener("pgnotify.orders")
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class NulInName {

		@PgListener("a\0b")
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class NulByExpression {

		@PgListener("#{'orders' + T(Character).toString(0)}")
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class NoChannel {

		@PgListener
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class EmptyList {

		@PgListener("#{T(java.util.List).of()}")
		void listen(String payload) {
		}

	}

	@Signature("String")
	static class ReturnsSomething {

		@PgListener("orders")
		String listen(String payload) {
			return payload;
		}

	}

	@Signature("String,List")
	static class TwoPayloads {

		@PgListener("orders")
		void listen(String payload, List<Integer> another) {
		}

	}

	@Signature("String")
	static class PartOfPayload {

		@PgListener("orders")
		void listen(@Payload("id") String id) {
		}

	}

	@Signature("String")
	static class PrivateBehindProxy {

		@Transactional
		public void proxied() {
		}

		@PgListener("orders")
		private void listen(String payload) {
		}

	}

	@Signature("String")
	static class FinalBehindProxy {

		@Transactional
		public void proxied() {
		}

		@PgListener("orders")
		final void listen(String payload) {
		}

	}

	@Import({ First.class, Second.class })
	static class SameIds {

	}

	static class First {

		@PgListener(channels = "orders", id = "billing")
		void listen(String payload) {
		}

	}

	static class Second {

		@PgListener(channels = "customers", id = "billing")
		void listen(String payload) {
		}

	}

}
