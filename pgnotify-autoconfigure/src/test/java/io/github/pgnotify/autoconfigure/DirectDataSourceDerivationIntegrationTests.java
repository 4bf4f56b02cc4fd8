package io.github.pgnotify.autoconfigure;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Logger;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.StandbyServer;
import io.github.pgnotify.testsupport.TestDatabase;
import org.aopalliance.intercept.MethodInterceptor;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.Driver;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * As whom, and where to, the listening connection goes for every kind of DataSource and
 * for what overrides it, as the server sees it.
 */
class DirectDataSourceDerivationIntegrationTests {

	private static final String NAME = "shop/pgnotify";

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner()
		.withPropertyValues("spring.application.name=shop")
		.withUserConfiguration(Orders.class);

	private String role = "";

	@BeforeEach
	void createRole() {
		this.role = createRole("app");
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void listensAsTheDataSourceConnects(Kind kind) {
		this.runner.withBean("dataSource", DataSource.class, () -> kind.create(new Target(this.database, this.role)))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				awaitSession(NAME, this.role);
				assertThat(this.database.queryForString("""
						SELECT tableowner FROM pg_catalog.pg_tables
						WHERE schemaname = 'queue' AND tablename = 'message'
						""")).isEqualTo(this.role);
				assertThatAMessageArrives(context);
			});
	}

	static Stream<Named<Kind>> kinds() {
		return Stream.of(Named.of("pool by URL", (target) -> target.pool()),
				Named.of("pool by URL that names the role", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setJdbcUrl(target.urlWithRole());
					return pool;
				}), Named.of("pool by data source class and properties", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setDataSourceClassName(PGSimpleDataSource.class.getName());
					pool.addDataSourceProperty("serverName", target.simple().getServerNames()[0]);
					pool.addDataSourceProperty("portNumber", target.simple().getPortNumbers()[0]);
					pool.addDataSourceProperty("databaseName", target.simple().getDatabaseName());
					pool.setUsername(target.role());
					pool.setPassword(target.role());
					return pool;
				}), Named.of("pool by data source class, with arrays and the role among the properties", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setDataSourceClassName(PGSimpleDataSource.class.getName());
					pool.addDataSourceProperty("serverNames", "localhost");
					pool.addDataSourceProperty("portNumbers", String.valueOf(target.simple().getPortNumbers()[0]));
					pool.addDataSourceProperty("databaseName", target.simple().getDatabaseName());
					pool.addDataSourceProperty("user", target.role());
					pool.addDataSourceProperty("password", target.role());
					return pool;
				}), Named.of("pool by data source class and URL", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setDataSourceClassName(PGSimpleDataSource.class.getName());
					pool.addDataSourceProperty("url", target.url());
					pool.setUsername(target.role());
					pool.setPassword(target.role());
					return pool;
				}), Named.of("pool around a DataSource", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setDataSource(target.simple());
					return pool;
				}), Named.of("pool with a role of its own around a DataSource", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					PGSimpleDataSource nobody = target.simple();
					nobody.setUser("nobody");
					pool.setDataSource(nobody);
					pool.setUsername(target.role());
					pool.setPassword(target.role());
					return pool;
				}), Named.of("pool around a pool", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setDataSource(target.pool());
					return pool;
				}), Named.of("pool with a credentials provider", (target) -> {
					HikariDataSource pool = target.pool();
					pool.setUsername("nobody");
					pool.setCredentialsProvider(() -> Credentials.of(target.role(), target.role()));
					return pool;
				}), Named.of("pool with the role among the driver's properties", (target) -> {
					HikariDataSource pool = new HikariDataSource();
					pool.setJdbcUrl(target.url());
					pool.addDataSourceProperty("user", target.role());
					pool.addDataSourceProperty("password", target.role());
					return pool;
				}), Named.of("pool of one connection", (target) -> {
					HikariDataSource pool = target.pool();
					pool.setMaximumPoolSize(1);
					return pool;
				}), Named.of("the driver's own", Target::simple),
				Named.of("by DriverManager",
						(target) -> new DriverManagerDataSource(target.url(), target.role(), target.role())),
				Named.of("by DriverManager, the role among the properties", (target) -> {
					Properties properties = new Properties();
					properties.setProperty("user", target.role());
					properties.setProperty("password", target.role());
					return new DriverManagerDataSource(target.url(), properties);
				}),
				Named.of("by a driver",
						(target) -> new SimpleDriverDataSource(new Driver(), target.url(), target.role(),
								target.role())),
				Named.of("lazy proxy", (target) -> new LazyConnectionDataSourceProxy(target.pool())),
				Named.of("transaction-aware proxy", (target) -> new TransactionAwareDataSourceProxy(target.pool())),
				Named.of("proxies of proxies",
						(target) -> new TransactionAwareDataSourceProxy(
								new LazyConnectionDataSourceProxy(new DelegatingDataSource(target.pool())))),
				Named.of("Spring's JDK proxy", (target) -> {
					ProxyFactory factory = new ProxyFactory(DataSource.class,
							(MethodInterceptor) (invocation) -> invocation.proceed());
					factory.setTarget(target.pool());
					return (DataSource) factory.getProxy();
				}), Named.of("Spring's class proxy", (target) -> {
					ProxyFactory factory = new ProxyFactory(target.simple());
					factory.setProxyTargetClass(true);
					return (DataSource) factory.getProxy();
				}), Named.of("another JDK proxy", (target) -> {
					DataSource pool = target.pool();
					return (DataSource) Proxy.newProxyInstance(Kind.class.getClassLoader(),
							new Class<?>[] { DataSource.class }, (proxy, method, arguments) -> {
								try {
									return method.invoke(pool, arguments);
								}
								catch (InvocationTargetException ex) {
									throw ex.getCause();
								}
							});
				}), Named.of("a wrapper that unwraps", (target) -> new Wrapper(target.pool())));
	}

	@Nested
	class ThePool {

		@Test
		void hasItsDriverPropertiesCarriedOver() {
			HikariDataSource pool = new Target(database(), role()).pool();
			pool.addDataSourceProperty("ApplicationName", "named by property");
			pool.addDataSourceProperty("options", "-c geqo_threshold=77");
			runner().withBean(DataSource.class, () -> pool).run((context) -> {
				awaitSession("named by property", role());
				assertThat(setting(context, "geqo_threshold")).isEqualTo("77");
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void hasItsUrlParametersCarriedOver() {
			HikariDataSource pool = new Target(database(), role()).pool();
			pool.setJdbcUrl(pool.getJdbcUrl() + "?ApplicationName=in%20URL&options=-c%20geqo_threshold=78");
			runner().withBean(DataSource.class, () -> pool).run((context) -> {
				awaitSession("in URL", role());
				assertThat(setting(context, "geqo_threshold")).isEqualTo("78");
			});
		}

		@Test
		void isAskedForItsCredentialsAtEveryConnection() {
			HikariDataSource pool = new Target(database(), role()).pool();
			String[] current = { role() };
			pool.setCredentialsProvider(() -> Credentials.of(current[0], current[0]));
			runner().withBean(DataSource.class, () -> pool).run((context) -> {
				awaitSession(NAME, role());
				current[0] = createRole("rotated");
				terminateSessions();
				awaitSession(NAME, current[0]);
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void mayChangeItsUserAtRunTime() {
			HikariDataSource pool = new Target(database(), role()).pool();
			runner().withBean(DataSource.class, () -> pool).run((context) -> {
				String rotated = createRole("rotated");
				pool.getHikariConfigMXBean().setCredentials(Credentials.of(rotated, rotated));
				terminateSessions();
				awaitSession(NAME, rotated);
			});
		}

		@Test
		void mayHaveAnotherAround() {
			HikariDataSource inner = new Target(database(), role()).pool();
			HikariDataSource outer = new HikariDataSource();
			outer.setDataSource(inner);
			runner().withBean(DataSource.class, () -> outer).run((context) -> {
				String rotated = createRole("rotated");
				inner.getHikariConfigMXBean().setCredentials(Credentials.of(rotated, rotated));
				terminateSessions();
				awaitSession(NAME, rotated);
			});
		}

	}

	@Test
	void aDataSourceOfSpringsMayChangeItsUserAtRunTime() {
		DriverManagerDataSource dataSource = (DriverManagerDataSource) this.database.dataSource(this.role);
		this.runner.withBean(DataSource.class, () -> dataSource).run((context) -> {
			String rotated = createRole("rotated");
			dataSource.setUsername(rotated);
			dataSource.setPassword(rotated);
			terminateSessions();
			awaitSession(NAME, rotated);
		});
	}

	@Test
	void aLongApplicationNameLeavesRoomForOurs() {
		this.runner.withPropertyValues("spring.application.name=" + "x".repeat(70))
			.withBean(DataSource.class, () -> new Target(this.database, this.role).pool())
			.run((context) -> awaitSession("x".repeat(46) + "/pgnotify", this.role));
	}

	@Test
	void amongSeveralHostsThePrimaryIsListenedOn() {
		try (StandbyServer standby = new StandbyServer()) {
			String primary = this.database.jdbcUrl().split("/")[2];
			this.runner.withPropertyValues("pgnotify.queue.enabled=false")
				.withBean(DataSource.class,
						() -> new DriverManagerDataSource(
								"jdbc:postgresql://" + standby.address() + "," + primary + "/postgres",
								this.database.username(), this.database.password()))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(this.database.queryForString("""
							SELECT count(*) FROM pg_catalog.pg_stat_activity
							WHERE application_name = ? AND datname = 'postgres'
							""", NAME)).isEqualTo("1");
				});
		}
	}

	@Nested
	class AmongSeveral {

		@Test
		void theMarkedOneIsListenedOn() {
			runner().withBean("elsewhere", DataSource.class, DirectDataSourceDerivationIntegrationTests::nowhere)
				.withBean(Marked.class, () -> new Marked(new Target(database(), role()).pool()))
				.withUserConfiguration(MarkedDataSource.class)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					awaitSession(NAME, role());
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void aRoutingOneWorksForSendingIfListeningHasAnAddress() {
			runner().withBean(DataSource.class, () -> new Routing(new Target(database(), role()).pool()))
				.withPropertyValues("pgnotify.datasource.url=" + database().jdbcUrl(),
						"pgnotify.datasource.username=" + role(), "pgnotify.datasource.password=" + role())
				.run((context) -> {
					assertThat(context).hasNotFailed();
					awaitSession(NAME, role());
					assertThatAMessageArrives(context);
				});
		}

	}

	@Nested
	class Overridden {

		@Test
		void byAnAddressTheRoleStays() {
			HikariDataSource pool = new Target(database(), role()).pool();
			pool.addDataSourceProperty("ApplicationName", "pool");
			runner().withBean(DataSource.class, () -> pool)
				.withPropertyValues(
						"pgnotify.datasource.url=" + database().jdbcUrl() + "?options=-c%20geqo_threshold=79")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(setting(context, "geqo_threshold")).isEqualTo("79");
					assertThat(setting(context, "session_authorization")).isEqualTo(role());
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void byAnAddressARoleInThePoolsUrlStays() {
			runner().withBean(DataSource.class, () -> {
				HikariDataSource pool = new HikariDataSource();
				pool.setJdbcUrl(new Target(database(), role()).urlWithRole());
				return pool;
			}).withPropertyValues("pgnotify.datasource.url=" + database().jdbcUrl()).run((context) -> {
				assertThat(context).hasNotFailed();
				awaitSession(NAME, role());
			});
		}

		@Test
		void byAnAddressThatNamesTheRole() {
			runner().withBean(DataSource.class, DirectDataSourceDerivationIntegrationTests::nowhere)
				.withPropertyValues("pgnotify.datasource.url=" + new Target(database(), role()).urlWithRole())
				.run((context) -> {
					assertThat(context).hasNotFailed();
					awaitSession(NAME, role());
				});
		}

		@Test
		void byARoleTheAddressStays() {
			String listener = createRole("listener");
			runner().withBean(DataSource.class, () -> {
				HikariDataSource pool = new HikariDataSource();
				pool.setJdbcUrl(new Target(database(), role()).urlWithRole());
				return pool;
			})
				.withPropertyValues("pgnotify.datasource.username=" + listener,
						"pgnotify.datasource.password=" + listener, "pgnotify.queue.enabled=false")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					awaitSession(NAME, listener);
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void byDetailsRatherThanProperties() {
			String listener = createRole("listener");
			PgNotifyConnectionDetails details = new PgNotifyConnectionDetails() {

				@Override
				public String getUrl() {
					return database().jdbcUrl();
				}

				@Override
				public String getUsername() {
					return listener;
				}

				@Override
				public String getPassword() {
					return listener;
				}

			};
			runner().withBean(DataSource.class, () -> new Target(database(), role()).pool())
				.withBean(PgNotifyConnectionDetails.class, () -> details)
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://nowhere.invalid/app",
						"pgnotify.datasource.username=nobody")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					awaitSession(NAME, listener);
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void byTheUsersOwnConnectionsRatherThanAnythingElse() {
			String own = createRole("own");
			runner().withBean(DataSource.class, () -> new Opaque(new Target(database(), role()).pool()))
				.withBean(PgListenerConnectionSource.class,
						() -> new DriverManagerDataSource(database().jdbcUrl() + "?ApplicationName=own", own,
								own)::getConnection)
				.withBean(PgNotifyConnectionDetails.class, () -> () -> "jdbc:postgresql://details.invalid/app")
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://property.invalid/app",
						"pgnotify.datasource.username=nobody")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					awaitSession("own", own);
					assertThat(database()
						.queryForString("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'queue'"))
						.isEqualTo(own);
					assertThatAMessageArrives(context);
				});
		}

	}

	private TestDatabase database() {
		return this.database;
	}

	private String role() {
		return this.role;
	}

	private ApplicationContextRunner runner() {
		return this.runner;
	}

	/**
	 * Creates a role that may create the schema, or write to one that is there.
	 */
	private String createRole(String purpose) {
		String created = this.database.createRole(purpose);
		this.database.execute("GRANT CREATE ON DATABASE " + this.database.name() + " TO " + created);
		return created;
	}

	/**
	 * Returns the users of the sessions of that name.
	 */
	private List<String> sessions(String applicationName) {
		return this.database.jdbc().queryForList("""
				SELECT usename FROM pg_catalog.pg_stat_activity
				WHERE datname = ? AND application_name = ?
				""", String.class, this.database.name(), applicationName);
	}

	private void terminateSessions() {
		this.database.queryForString("""
				SELECT count(pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
				WHERE datname = ? AND application_name = ?
				""", this.database.name(), NAME);
	}

	/**
	 * Waits until only that user's session is left: those that are closed take a moment.
	 */
	private void awaitSession(String applicationName, String user) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(sessions(applicationName)).containsExactly(user));
	}

	private static @Nullable String setting(ApplicationContext context, String name) throws SQLException {
		try (Connection connection = context.getBean(PgListenerConnectionSource.class).open()) {
			return new JdbcTemplate(new SingleConnectionDataSource(connection, true))
				.queryForObject("SELECT current_setting(?)", String.class, name);
		}
	}

	private static void assertThatAMessageArrives(ApplicationContext context) {
		context.getBean(PgNotifyOperations.class).convertAndSend("orders", "hello");
		assertThat(context.getBean(Orders.class).received.await(1)).containsExactly("hello");
	}

	private static DataSource nowhere() {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:postgresql://nowhere.invalid/app");
		return pool;
	}

	/**
	 * A kind of DataSource.
	 */
	@FunctionalInterface
	interface Kind {

		DataSource create(Target target);

	}

	/**
	 * Where it leads, and as whom.
	 */
	record Target(TestDatabase database, String role) {

		String url() {
			return this.database.jdbcUrl();
		}

		String urlWithRole() {
			return url() + "?user=" + this.role + "&password=" + this.role;
		}

		HikariDataSource pool() {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(url());
			pool.setUsername(this.role);
			pool.setPassword(this.role);
			return pool;
		}

		PGSimpleDataSource simple() {
			PGSimpleDataSource dataSource = new PGSimpleDataSource();
			dataSource.setUrl(url());
			dataSource.setUser(this.role);
			dataSource.setPassword(this.role);
			return dataSource;
		}

	}

	static class Orders {

		final Recorder<String> received = new Recorder<>();

		@PgListener("orders")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

	record Marked(DataSource dataSource) {

	}

	@Configuration(proxyBeanMethods = false)
	static class MarkedDataSource {

		@Bean
		@PgNotifyDataSource
		DataSource messages(Marked marked) {
			return marked.dataSource();
		}

	}

	static class Routing extends AbstractRoutingDataSource {

		Routing(DataSource only) {
			setTargetDataSources(Map.of("only", only));
		}

		@Override
		protected Object determineCurrentLookupKey() {
			return "only";
		}

	}

	/**
	 * Tells nothing about itself.
	 */
	static class Opaque extends AbstractDataSource {

		private final DataSource target;

		Opaque(DataSource target) {
			this.target = target;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.target.getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return this.target.getConnection(username, password);
		}

	}

	/**
	 * Knows nothing of Spring, but unwraps as JDBC asks for.
	 */
	static class Wrapper implements DataSource {

		private final DataSource target;

		Wrapper(DataSource target) {
			this.target = target;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.target.getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return this.target.getConnection(username, password);
		}

		@Override
		public @Nullable PrintWriter getLogWriter() throws SQLException {
			return this.target.getLogWriter();
		}

		@Override
		public void setLogWriter(PrintWriter out) throws SQLException {
			this.target.setLogWriter(out);
		}

		@Override
		public void setLoginTimeout(int seconds) throws SQLException {
			this.target.setLoginTimeout(seconds);
		}

		@Override
		public int getLoginTimeout() throws SQLException {
			return this.target.getLoginTimeout();
		}

		@Override
		public Logger getParentLogger() throws SQLFeatureNotSupportedException {
			return this.target.getParentLogger();
		}

		@Override
		public <T> T unwrap(Class<T> type) throws SQLException {
			return this.target.unwrap(type);
		}

		@Override
		public boolean isWrapperFor(Class<?> type) throws SQLException {
			return this.target.isWrapperFor(type);
		}

	}

}
