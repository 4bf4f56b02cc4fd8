package io.github.pgnotify.autoconfigure;

import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.pgnotify.MessageStore;
import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.OwnMessageStore;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import jakarta.persistence.EntityManager;
import liquibase.integration.spring.SpringLiquibase;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayDataSource;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That our schema and the application's own come about side by side, whoever makes the
 * latter, and that neither disturbs the other.
 */
class SchemaCoexistenceIntegrationTests {

	/** Liquibase speaks past the tests' logging; kept here, for the level to last. */
	private static final Logger LIQUIBASE = Logger.getLogger("liquibase");

	static {
		LIQUIBASE.setLevel(Level.WARNING);
	}

	private static final List<String> OURS = List.of("dead_letter", "delivery", "instance", "live_payload", "message",
			"pgnotify_schema_history", "subscription", "subscription_change");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(this.database)
		.withUserConfiguration(Orders.class);

	@Nested
	class WithFlyway {

		private final ApplicationContextRunner runner = SchemaCoexistenceIntegrationTests.this.runner
			.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));

		private final ApplicationContextRunner referring = this.runner
			.withPropertyValues("spring.flyway.locations=classpath:coexistence/flyway");

		private final ApplicationContextRunner plain = this.runner
			.withPropertyValues("spring.flyway.locations=classpath:coexistence/flyway-plain");

		@Test
		void theApplicationsMigrationsMayReferToOurs() {
			this.referring.run((context) -> {
				assertThatTheApplicationsFlywayIsTheOnlyOne(context);
				assertThat(tables()).containsExactlyElementsOf(
						with("public.flyway_schema_history", "public.shop_order", "public.waiting_message"));
				assertThat(scripts("public.flyway_schema_history")).containsExactly("V1__orders.sql");
				assertThat(scripts("queue.pgnotify_schema_history")).last().asString().startsWith("V");
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void oursIsAddedToAnApplicationThatWasThereBefore() {
			this.plain.withPropertyValues("pgnotify.enabled=false").run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(tables()).containsExactly("public.flyway_schema_history", "public.shop_order");
			});
			List<Map<String, Object>> before = history("public.flyway_schema_history");
			this.plain.run((context) -> {
				assertThatTheApplicationsFlywayIsTheOnlyOne(context);
				assertThat(history("public.flyway_schema_history")).isEqualTo(before);
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void theSecondStartChangesNothing() {
			startsTwice(this.referring);
		}

		@ParameterizedTest
		@ValueSource(strings = { "spring.flyway.default-schema=queue", "spring.flyway.schemas=queue",
				"spring.flyway.schemas=app,queue" })
		void theSchemaMayBeShared(String property) {
			String history = (property.contains("app") ? "app" : "queue") + ".flyway_schema_history";
			ApplicationContextRunner sharing = this.plain.withPropertyValues(property);
			sharing.run((context) -> {
				assertThatTheApplicationsFlywayIsTheOnlyOne(context);
				assertThat(scripts(history)).contains("V1__orders.sql");
				assertThat(tables()).containsAll(with());
				assertThatAMessageArrives(context);
			});
			startsTwice(sharing);
		}

		@Test
		void theSchemaMayBePublic() {
			this.plain.withPropertyValues("pgnotify.schema=public").run((context) -> {
				assertThatTheApplicationsFlywayIsTheOnlyOne(context);
				assertThat(tables())
					.isEqualTo(withOursIn("public", "public.flyway_schema_history", "public.shop_order"));
				assertThatAMessageArrives(context);
			});
		}

		/**
		 * Flyway itself needs two connections, so these are not the pool's.
		 */
		@Test
		void aPoolOfOneConnectionIsEnough() {
			TestDatabase database = SchemaCoexistenceIntegrationTests.this.database;
			withPoolOfOne(this.referring)
				.withPropertyValues("spring.flyway.url=" + database.jdbcUrl(),
						"spring.flyway.user=" + database.username(), "spring.flyway.password=" + database.password())
				.run((context) -> {
					assertThatTheApplicationsFlywayIsTheOnlyOne(context);
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void disabledItStaysSo() {
			SchemaCoexistenceIntegrationTests.this.database.execute("CREATE TABLE older (id int)");
			this.referring.withPropertyValues("spring.flyway.enabled=false").run((context) -> {
				assertThat(context).hasNotFailed().doesNotHaveBean(Flyway.class);
				assertThat(tables()).containsExactlyElementsOf(with("public.older"));
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void aFlywayOfTheUsersOwnMayReferToOurs() {
			this.runner.withUserConfiguration(OwnFlyway.class).run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(Flyway.class);
				assertThat(scripts("public.flyway_schema_history")).containsExactly("V1__orders.sql");
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void severalInstancesMayStartAtOnceOnAnEmptyDatabase() throws Exception {
			int instances = 3;
			CyclicBarrier together = new CyclicBarrier(instances);
			ExecutorService threads = Executors.newFixedThreadPool(instances);
			try {
				Callable<Void> start = () -> {
					together.await(30, TimeUnit.SECONDS);
					this.referring.run((context) -> assertThat(context).hasNotFailed());
					return null;
				};
				for (Future<Void> started : threads.invokeAll(Collections.nCopies(instances, start))) {
					started.get();
				}
			}
			finally {
				threads.shutdownNow();
			}
			assertThat(scripts("public.flyway_schema_history")).containsExactly("V1__orders.sql");
			assertThat(tables()).containsExactlyElementsOf(
					with("public.flyway_schema_history", "public.shop_order", "public.waiting_message"));
		}

		@Test
		void itsMigrationsMayCreateOursInstead() {
			ApplicationContextRunner byHand = this.runner.withPropertyValues("pgnotify.flyway.enabled=false",
					"spring.flyway.locations=classpath:coexistence/flyway-with-ours,classpath:db/pgnotify",
					"spring.flyway.placeholders.schema=\"queue\"");
			byHand.run((context) -> {
				assertThatTheApplicationsFlywayIsTheOnlyOne(context);
				assertThat(tables()).isEqualTo(with("public.flyway_schema_history").stream()
					.filter((table) -> !table.equals("queue.pgnotify_schema_history"))
					.toList());
				assertThatAMessageArrives(context);
			});
			startsTwice(byHand);
		}

	}

	@Nested
	class WithARoleForTheSchema {

		private final TestDatabase database = SchemaCoexistenceIntegrationTests.this.database;

		private final String owner = this.database.createRole("owner");

		private final String app = this.database.createRole("app");

		private final ApplicationContextRunner runner = SchemaCoexistenceIntegrationTests.this.runner
			.withPropertyValues("spring.datasource.username=" + this.app, "spring.datasource.password=" + this.app);

		WithARoleForTheSchema() {
			this.database.execute("GRANT CREATE ON DATABASE " + this.database.name() + " TO " + this.owner + "; "
					+ "GRANT CREATE ON SCHEMA public TO " + this.owner);
		}

		@Test
		void theOneOfFlywaysDataSourceIsTaken() {
			this.runner.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
				.withPropertyValues("spring.flyway.locations=classpath:coexistence/flyway-grants",
						"spring.flyway.placeholders.app=" + this.app)
				.withBean(Owner.class, () -> new Owner(this.database.dataSource(this.owner)))
				.withUserConfiguration(MigrationDataSource.class)
				.run((context) -> {
					assertThatTheApplicationsFlywayIsTheOnlyOne(context);
					assertThat(ownerOf("queue.message")).isEqualTo(this.owner);
					assertThat(ownerOf("public.shop_order")).isEqualTo(this.owner);
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void theOneOfThePropertiesIsTaken() {
			this.runner
				.withPropertyValues("pgnotify.flyway.user=" + this.owner, "pgnotify.flyway.password=" + this.owner)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(ownerOf("queue.message")).isEqualTo(this.owner);
					grant();
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void theOneOfThePropertiesGoesBeforeOneInTheUrl() {
			this.runner
				.withPropertyValues(
						"spring.datasource.url=" + this.database.jdbcUrl() + "?user=" + this.app + "&password="
								+ this.app,
						"pgnotify.flyway.user=" + this.owner, "pgnotify.flyway.password=" + this.owner)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(ownerOf("queue.message")).isEqualTo(this.owner);
				});
		}

		@Test
		void theOneOfThePropertiesGoesBeforeFlywaysDataSource() {
			this.runner.withBean(Owner.class, () -> new Owner(this.database.dataSource(this.app)))
				.withUserConfiguration(MigrationDataSource.class)
				.withPropertyValues("pgnotify.flyway.user=" + this.owner, "pgnotify.flyway.password=" + this.owner)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(ownerOf("queue.message")).isEqualTo(this.owner);
				});
		}

		@Test
		void theListenersIsTakenForAnotherAddress() {
			this.runner
				.withPropertyValues("pgnotify.datasource.username=" + this.owner,
						"pgnotify.datasource.password=" + this.owner,
						"pgnotify.flyway.url=" + this.database.jdbcUrl() + "?ApplicationName=migration")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(ownerOf("queue.message")).isEqualTo(this.owner);
				});
		}

		@Test
		void anAddressAndARoleNeedNoDataSourceToTellThem() {
			this.runner
				.withBean(DataSource.class,
						() -> new DirectDataSourceDerivationIntegrationTests.Opaque(this.database.dataSource(this.app)))
				.withBean(PgListenerConnectionSource.class, () -> this.database.dataSource(this.app)::getConnection)
				.withPropertyValues("pgnotify.flyway.url=" + this.database.jdbcUrl(),
						"pgnotify.flyway.user=" + this.owner, "pgnotify.flyway.password=" + this.owner)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(ownerOf("queue.message")).isEqualTo(this.owner);
					grant();
					assertThatAMessageArrives(context);
				});
		}

		private void grant() {
			this.database.execute("GRANT USAGE ON SCHEMA queue TO " + this.app
					+ "; GRANT SELECT, INSERT ON queue.message TO " + this.app);
		}

	}

	@Nested
	class WithLiquibase {

		private final ApplicationContextRunner runner = SchemaCoexistenceIntegrationTests.this.runner
			.withConfiguration(AutoConfigurations.of(LiquibaseAutoConfiguration.class))
			.withPropertyValues("spring.liquibase.change-log=classpath:coexistence/liquibase/orders.sql");

		@Test
		void theApplicationsChangesMayReferToOurs() {
			this.runner.run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(SpringLiquibase.class).doesNotHaveBean(Flyway.class);
				assertThat(tables()).containsExactlyElementsOf(with("public.databasechangelog",
						"public.databasechangeloglock", "public.shop_order", "public.waiting_message"));
				assertThat(SchemaCoexistenceIntegrationTests.this.database
					.queryForString("SELECT string_agg(id, ',') FROM databasechangelog")).isEqualTo("1");
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void theSecondStartChangesNothing() {
			startsTwice(this.runner);
		}

		@Test
		void theSchemaMayBeShared() {
			ApplicationContextRunner sharing = this.runner.withPropertyValues("spring.liquibase.default-schema=queue");
			sharing.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(tables()).isEqualTo(with("queue.databasechangelog", "queue.databasechangeloglock",
						"queue.shop_order", "queue.waiting_message"));
				assertThatAMessageArrives(context);
			});
			startsTwice(sharing);
		}

		@Test
		void aPoolOfOneConnectionIsEnough() {
			withPoolOfOne(this.runner).run((context) -> {
				assertThat(context).hasNotFailed();
				assertThatAMessageArrives(context);
			});
		}

	}

	@Nested
	class WithNeither {

		@Test
		void tablesInPublicStayAsTheyAre() {
			SchemaCoexistenceIntegrationTests.this.database
				.execute("CREATE TABLE older (id int); INSERT INTO older VALUES (1)");
			SchemaCoexistenceIntegrationTests.this.runner.run((context) -> {
				assertThat(context).hasNotFailed()
					.doesNotHaveBean(Flyway.class)
					.doesNotHaveBean(FlywayMigrationInitializer.class);
				assertThat(tables()).containsExactlyElementsOf(with("public.older"));
				assertThat(SchemaCoexistenceIntegrationTests.this.database.queryForString("SELECT id FROM older"))
					.isEqualTo("1");
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void bootsFlywayModuleIsNotNeeded() {
			SchemaCoexistenceIntegrationTests.this.runner
				.withClassLoader(new FilteredClassLoader(FlywayDataSource.class))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(tables()).containsExactlyElementsOf(with());
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void theSecondStartChangesNothing() {
			startsTwice(SchemaCoexistenceIntegrationTests.this.runner);
		}

		@Test
		void aPoolOfOneConnectionIsEnough() {
			withPoolOfOne(SchemaCoexistenceIntegrationTests.this.runner).run((context) -> {
				assertThat(context).hasNotFailed();
				assertThatAMessageArrives(context);
			});
		}

		@Test
		void scriptsOfTheApplicationMayReferToOurs() {
			SchemaCoexistenceIntegrationTests.this.runner
				.withConfiguration(AutoConfigurations.of(DataSourceInitializationAutoConfiguration.class))
				.withPropertyValues("spring.sql.init.mode=always",
						"spring.sql.init.schema-locations=classpath:coexistence/sql/schema.sql")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(tables()).containsExactlyElementsOf(with("public.shop_order", "public.waiting_message"));
				});
		}

		@Test
		void hibernateMayValidateAnEntityOnOurs() {
			SchemaCoexistenceIntegrationTests.this.runner
				.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
				.withUserConfiguration(Entities.class)
				.withPropertyValues("spring.jpa.hibernate.ddl-auto=validate",
						"spring.jpa.mapping-resources=coexistence/orm.xml")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					context.getBean(PgNotifyOperations.class).enqueue("channel", "text");
					assertThat(context.getBean(EntityManager.class)
						.createQuery("SELECT m.channel FROM QueuedMessage m", String.class)
						.getResultList()).containsExactly("channel");
				});
		}

		@Test
		void theNameMayBeAny() {
			SchemaCoexistenceIntegrationTests.this.runner.withPropertyValues("pgnotify.schema=My \"Schema\"")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(tables()).isEqualTo(withOursIn("My \"Schema\""));
					assertThatAMessageArrives(context);
				});
		}

		@Test
		void withoutStoredMessagesThereIsNone() {
			SchemaCoexistenceIntegrationTests.this.runner.withPropertyValues("pgnotify.queue.enabled=false")
				.run((context) -> {
					assertThat(context).hasNotFailed().doesNotHaveBean(MessageStore.class);
					assertThat(tables()).isEmpty();
					context.getBean(PgNotifyOperations.class).convertAndSend("orders", "live");
					assertThat(context.getBean(Orders.class).received.await(1)).containsExactly("live");
				});
		}

		@Test
		void aMessageStoreOfTheUsersOwnFindsTheSchema() {
			SchemaCoexistenceIntegrationTests.this.runner.withBean(MessageStore.class, OwnMessageStore::new)
				.run((context) -> {
					assertThat(context).hasNotFailed().getBean(MessageStore.class).isInstanceOf(OwnMessageStore.class);
					assertThat(tables()).containsExactlyElementsOf(with());
					assertThat(context.getBean(PgNotifyOperations.class).enqueue("channel", "text").id())
						.isEqualTo(OwnMessageStore.ID);
				});
		}

	}

	private static ApplicationContextRunner withPoolOfOne(ApplicationContextRunner application) {
		return application.withPropertyValues("spring.datasource.hikari.maximum-pool-size=1",
				"spring.datasource.hikari.connection-timeout=2000");
	}

	private void startsTwice(ApplicationContextRunner application) {
		application.run((context) -> assertThat(context).hasNotFailed());
		List<Map<String, Object>> before = everything();
		application.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(everything()).isEqualTo(before);
			assertThatAMessageArrives(context);
		});
	}

	/**
	 * Returns what would differ if anything had been created, altered or migrated: the
	 * catalog's rows, and those of all tables but that of messages.
	 */
	private List<Map<String, Object>> everything() {
		return this.database.jdbc().queryForList("""
				SELECT c.oid, c.xmin::text AS version, c.relname,
					CASE WHEN c.relkind = 'r' AND c.relname <> 'message'
						THEN query_to_xml(format('SELECT * FROM %I.%I', n.nspname, c.relname), true, true, '')::text
					END AS rows
				FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
				WHERE n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema'
				ORDER BY c.oid
				""");
	}

	/**
	 * Returns tables and views of all schemas, in order.
	 */
	private List<String> tables() {
		return this.database.jdbc().queryForList("""
				SELECT table_schema || '.' || table_name FROM information_schema.tables
				WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
				ORDER BY table_schema COLLATE "C", table_name COLLATE "C"
				""", String.class);
	}

	private static List<String> with(String... others) {
		return withOursIn("queue", others);
	}

	private static List<String> withOursIn(String schema, String... others) {
		return Stream.concat(Stream.of(others), OURS.stream().map((table) -> schema + "." + table)).sorted().toList();
	}

	private List<String> scripts(String history) {
		return this.database.jdbc()
			.queryForList("SELECT script FROM " + history + " WHERE success ORDER BY installed_rank", String.class);
	}

	private List<Map<String, Object>> history(String table) {
		return this.database.jdbc().queryForList("SELECT * FROM " + table + " ORDER BY installed_rank");
	}

	private @Nullable String ownerOf(String table) {
		return this.database
			.queryForString("SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = ?::regclass", table);
	}

	private static void assertThatTheApplicationsFlywayIsTheOnlyOne(AssertableApplicationContext context) {
		assertThat(context).hasNotFailed().hasSingleBean(Flyway.class).hasSingleBean(FlywayMigrationInitializer.class);
	}

	private static void assertThatAMessageArrives(AssertableApplicationContext context) {
		PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
		template.convertAndSend("orders", "live");
		template.enqueue(OutgoingMessage.of("orders", "stored").announce());
		assertThat(context.getBean(Orders.class).received.await(2)).containsExactly("live", "stored");
	}

	static class Orders {

		final Recorder<String> received = new Recorder<>();

		@PgListener("orders")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnFlyway {

		@Bean(initMethod = "migrate")
		Flyway ownFlyway(DataSource dataSource) {
			return Flyway.configure().dataSource(dataSource).locations("classpath:coexistence/flyway").load();
		}

	}

	record Owner(DataSource dataSource) {

	}

	@Configuration(proxyBeanMethods = false)
	static class MigrationDataSource {

		@Bean(defaultCandidate = false)
		@FlywayDataSource
		DataSource migrationDataSource(Owner owner) {
			return owner.dataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@AutoConfigurationPackage
	static class Entities {

	}

	/**
	 * An entity, see {@code coexistence/orm.xml}.
	 */
	static class QueuedMessage {

		private @Nullable Long id;

		private @Nullable String channel;

		private @Nullable OffsetDateTime createdAt;

	}

}
