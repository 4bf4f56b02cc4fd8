package io.github.pgnotify.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.NotificationSource;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerConnectionSource;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgMessageConverter;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.PgNotifyTemplate;
import io.github.pgnotify.listener.PgListenerAnnotationBeanPostProcessor;
import io.github.pgnotify.listener.PgListenerContainer;
import io.github.pgnotify.listener.PgListenerContainerSettings;
import io.github.pgnotify.listener.PgListenerContainerSettings.Overflow;
import io.github.pgnotify.testsupport.OwnMessageStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link PgNotifyAutoConfiguration} brings, what it leaves to the user's own, and
 * how it refuses. Needs no database: nothing is stored and nobody listens.
 */
class PgNotifyAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class,
				PgNotifyAutoConfiguration.class))
		.withPropertyValues("pgnotify.queue.enabled=false");

	private final ApplicationContextRunner postgres = this.runner
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://nowhere.invalid/app");

	@Nested
	class Beans {

		@Test
		void sendingAndListeningAreThere() {
			PgNotifyAutoConfigurationTests.this.postgres.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(PgNotifyTemplate.class)
				.hasSingleBean(PgNotifyOperations.class)
				.hasSingleBean(PgListenerConnectionSource.class)
				.hasSingleBean(PgMessageConverter.class)
				.hasSingleBean(PgListenerRegistry.class)
				.hasSingleBean(PgListenerAnnotationBeanPostProcessor.class)
				.hasBean("pgListenerContainer")
				.doesNotHaveBean(MessageStore.class)
				.doesNotHaveBean(PgNotifySchemaInitializer.class));
		}

		@Test
		void disabledThereAreNone() {
			PgNotifyAutoConfigurationTests.this.runner.withPropertyValues("pgnotify.enabled=false")
				.withUserConfiguration(ImpossibleListener.class)
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(namesOfOurs(context)).isEmpty();
				});
		}

		@Test
		void withoutTheDriverThereAreNone() {
			PgNotifyAutoConfigurationTests.this.runner.withClassLoader(new FilteredClassLoader("org.postgresql"))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(namesOfOurs(context)).isEmpty();
				});
		}

		@Test
		void theApplicationStillHasOneDataSource() {
			PgNotifyAutoConfigurationTests.this.postgres.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(PgListenerConnectionSource.class)).isNotNull();
				assertThat(context.getBean(DataSource.class)).isInstanceOf(HikariDataSource.class);
				assertThat(context.getBeansOfType(DataSource.class)).containsOnlyKeys("dataSource");
			});
		}

		@Test
		void listenersAreExcludedFromLazyInitialization() {
			PgNotifyAutoConfigurationTests.this.postgres
				.run((context) -> assertThat(context.getBeansOfType(LazyInitializationExcludeFilter.class).values())
					.anyMatch((filter) -> filter.isExcluded("any", new RootBeanDefinition(), ImpossibleListener.class))
					.noneMatch((filter) -> filter.isExcluded("any", new RootBeanDefinition(), String.class)));
		}

		private List<String> namesOfOurs(AssertableApplicationContext context) {
			List<String> names = new ArrayList<>();
			for (String name : context.getBeanDefinitionNames()) {
				Class<?> type = context.getType(name);
				boolean ours = name.toLowerCase().contains("pgnotify") || name.toLowerCase().contains("pglistener")
						|| (type != null && type.getName().startsWith("io.github.pgnotify"));
				if (ours && type != ImpossibleListener.class) {
					names.add(name);
				}
			}
			return names;
		}

	}

	@Nested
	class BackOff {

		@Test
		void forOperations() {
			PgNotifyOperations own = new PgNotifyTemplate(new SimpleDriverDataSource(),
					new PgMessageConverter(JsonMapper.shared()), null);
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgNotifyOperations.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgNotifyOperations.class).isSameAs(own));
		}

		@Test
		void forATemplate() {
			PgNotifyTemplate own = new PgNotifyTemplate(new SimpleDriverDataSource(),
					new PgMessageConverter(JsonMapper.shared()), null);
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgNotifyTemplate.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgNotifyOperations.class).isSameAs(own));
		}

		@Test
		void forAConverter() {
			PgMessageConverter own = new PgMessageConverter(JsonMapper.shared());
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgMessageConverter.class, () -> own)
				.run((context) -> {
					assertThat(context).getBean(PgMessageConverter.class).isSameAs(own);
					assertThat(context.getBean(PgNotifyTemplate.class).getMessageConverter()).isSameAs(own);
				});
		}

		@Test
		void forAConnectionSource() {
			PgListenerConnectionSource own = new NoConnections();
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", PgListenerConnectionSource.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgListenerConnectionSource.class).isSameAs(own));
		}

		@Test
		void forAMessageStore() {
			PgNotifyAutoConfigurationTests.this.postgres.withBean("own", MessageStore.class, OwnMessageStore::new)
				.run((context) -> assertThat(context).getBean(MessageStore.class).isInstanceOf(OwnMessageStore.class));
		}

		@Test
		void forAContainerOfThatName() {
			PgListenerContainer own = container();
			PgNotifyAutoConfigurationTests.this.postgres
				.withBean("pgListenerContainer", PgListenerContainer.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgListenerContainer.class).isSameAs(own));
		}

		@Test
		void notForAContainerOfAnotherName() {
			PgNotifyAutoConfigurationTests.this.postgres
				.withBean("further", PgListenerContainer.class, PgNotifyAutoConfigurationTests::container)
				.run((context) -> assertThat(context.getBeansOfType(PgListenerContainer.class))
					.containsOnlyKeys("pgListenerContainer", "further"));
		}

		@Test
		void forAPostProcessor() {
			PgListenerAnnotationBeanPostProcessor own = new PgListenerAnnotationBeanPostProcessor();
			PgNotifyAutoConfigurationTests.this.postgres
				.withBean("own", PgListenerAnnotationBeanPostProcessor.class, () -> own)
				.run((context) -> assertThat(context).getBean(PgListenerAnnotationBeanPostProcessor.class)
					.isSameAs(own));
		}

		@Test
		void forConnectionDetails() {
			PgNotifyConnectionDetails own = () -> "jdbc:postgresql://own.invalid/app";
			PgNotifyAutoConfigurationTests.this.postgres
				.withPropertyValues("pgnotify.datasource.url=jdbc:postgresql://property.invalid/app")
				.withBean("own", PgNotifyConnectionDetails.class, () -> own)
				.run((context) -> {
					assertThat(context).hasNotFailed().getBean(PgNotifyConnectionDetails.class).isSameAs(own);
					assertThat(failureOf(context.getBean(PgListenerConnectionSource.class)))
						.hasStackTraceContaining("own.invalid");
				});
		}

	}

	private static Throwable failureOf(PgListenerConnectionSource source) {
		try (Connection connection = source.open()) {
			throw new AssertionError("Connected to " + connection);
		}
		catch (SQLException ex) {
			return NestedExceptionUtils.getMostSpecificCause(ex);
		}
	}

	private static PgListenerContainer container() {
		return new PgListenerContainer(new SilentSource(), null, Runnable::run,
				new PgListenerContainerSettings(false, Duration.ZERO, null, Duration.ofSeconds(30),
						new PgListenerContainerSettings.Capacity(1, DataSize.ofBytes(1), Overflow.DROP_OLDEST), null));
	}

	private static DataSource dataSource(String host) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:postgresql://" + host + ".invalid/app");
		return pool;
	}

	static class ImpossibleListener {

		@PgListener("channel")
		String listen() {
			return "nobody waits for it";
		}

	}

	static class NoConnections implements PgListenerConnectionSource {

		@Override
		public Connection open() throws SQLException {
			throw new SQLFeatureNotSupportedException();
		}

	}

	static class SilentSource implements NotificationSource {

		@Override
		public void start(Sink sink) {
		}

		@Override
		public CompletableFuture<Void> listen(Set<ChannelName> channels) {
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public void stop() {
		}

		@Override
		public ListeningStatus status() {
			return new ListeningStatus(ListeningStatus.State.DOWN, Instant.EPOCH, null, null, 0, 0, 0, null);
		}

	}

}
