package io.github.pgnotify.listener;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.ChannelName;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerFilter;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.StartPosition;
import io.github.pgnotify.testsupport.Recorder;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * How a method with a group is registered at the queue, and what comes out of it.
 */
class GroupListenerTests {

	@Test
	void groupIsRegisteredWithDefaults() {
		RecordedGroups.runner().withUserConfiguration(Plain.class).run((context) -> {
			GroupConsumer consumer = context.getBean(RecordedGroups.class).get("Plain.listen");
			assertThat(consumer.channels()).containsExactly(ChannelName.of("orders"));
			assertThat(consumer.group()).isEqualTo("billing");
			assertThat(consumer.start()).isEqualTo(StartPosition.EARLIEST);
			assertThat(consumer.ack()).isEqualTo(AckMode.AT_LEAST_ONCE);
			assertThat(consumer.concurrency()).isOne();
			assertThat(consumer.batchSize()).isOne();
			assertThat(consumer.retryPolicy()).isNull();
			assertThat(consumer.transactionManager()).isNull();
		});
	}

	@Test
	void groupDoesNotListenLive() {
		RecordedGroups.runner()
			.withUserConfiguration(Plain.class)
			.run((context) -> assertThat(context.getBean(PgListenerRegistry.class).channels()).isEmpty());
	}

	@Test
	void everyAttributeIsResolved() {
		RecordedGroups.runner()
			.withUserConfiguration(Resolved.class)
			.withPropertyValues("app.channel=orders", "app.group=billing", "app.concurrency=3", "app.policy=patient")
			.run((context) -> {
				GroupConsumer consumer = context.getBean(RecordedGroups.class).get("named");
				assertThat(consumer.channels()).isEqualTo(Set.of(ChannelName.of("orders"), ChannelName.of("returns")));
				assertThat(consumer.group()).isEqualTo("billing-eu");
				assertThat(consumer.start()).isEqualTo(StartPosition.LATEST);
				assertThat(consumer.ack()).isEqualTo(AckMode.TRANSACTIONAL);
				assertThat(consumer.concurrency()).isEqualTo(3);
				assertThat(consumer.batchSize()).isEqualTo(50);
				assertThat(consumer.retryPolicy()).isSameAs(context.getBean("patient"));
				assertThat(consumer.transactionManager()).isSameAs(context.getBean("otherTransactions"));
			});
	}

	@Test
	void batchHasAHundredMessagesUnlessSaidOtherwise() {
		RecordedGroups.runner()
			.withUserConfiguration(Batch.class)
			.run((context) -> assertThat(context.getBean(RecordedGroups.class).get("Batch.listen").batchSize())
				.isEqualTo(100));
	}

	@Test
	void annotationIsRepeatableAndComposable() {
		RecordedGroups.runner()
			.withUserConfiguration(Composed.class)
			.run((context) -> assertThat(context.getBean(RecordedGroups.class).all())
				.extracting((consumer) -> consumer.id() + " " + consumer.channels() + " " + consumer.group())
				.containsExactlyInAnyOrder("Composed.listen [orders] billing", "Composed.listen#2 [orders] audit",
						"Composed.listen#3 [returns] meta"));
	}

	@Test
	void listenersOfLazyBeansAreRegistered() {
		RecordedGroups.runner()
			.withUserConfiguration(Plain.class)
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> assertThat(context.getBean(RecordedGroups.class).all()).hasSize(1));
	}

	@Test
	void listenersBehindProxiesAreCalledThroughThem() {
		RecordedGroups.runner().withUserConfiguration(ProxyConfiguration.class).run((context) -> {
			context.getBean(RecordedGroups.class).handle("Proxied.listen", "\"x\"");
			assertThat(context.getBean(ProxyRecorder.class).received.received()).containsExactly("proxy", "x");
		});
	}

	@Test
	void whatTheFilterRefusesIsDone() {
		RecordedGroups.runner().withUserConfiguration(Filtered.class).run((context) -> {
			RecordedGroups groups = context.getBean(RecordedGroups.class);
			groups.handle("single", "\"no\"");
			groups.handle("single", "\"yes\"");
			groups.handle("batch", "\"yes 1\"", "\"no\"", "\"yes 2\"");
			groups.handle("batch", "\"no\"", "\"no again\"");
			assertThat(context.getBean(Filtered.class).received.received()).containsExactly("yes",
					"[yes 1, yes 2] of [1, 3]");
		});
	}

	@Test
	void filterIsAskedBeforeThePayloadIsRead() {
		RecordedGroups.runner().withUserConfiguration(Filtered.class).run((context) -> {
			context.getBean(RecordedGroups.class).handle("numbers", "\"no number\"");
			assertThat(context.getBean(Filtered.class).received.received()).isEmpty();
		});
	}

	@Test
	void failureOfTheFilterIsAFailure() {
		RecordedGroups.runner()
			.withUserConfiguration(Filtered.class)
			.run((context) -> assertThatExceptionOfType(IllegalStateException.class)
				.isThrownBy(() -> context.getBean(RecordedGroups.class).handle("single", "\"fail\""))
				.withMessage("by design"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "single", "batch" })
	void whatTheMethodThrowsComesOutAsItIs(String id) {
		RecordedGroups.runner().withUserConfiguration(Failing.class).run((context) -> {
			for (Throwable failure : new Throwable[] { new IllegalStateException("unchecked"),
					new IOException("checked"), new StackOverflowError("error"), new Throwable("thrown") }) {
				context.getBean(Failing.class).failure = failure;
				assertThatThrownBy(() -> context.getBean(RecordedGroups.class).handle(id, "\"x\"")).satisfiesAnyOf(
						(thrown) -> assertThat(thrown).isSameAs(failure),
						(thrown) -> assertThat(thrown.getCause()).isSameAs(failure).isNotInstanceOf(Exception.class));
			}
		});
	}

	static class Plain {

		@PgListener(channels = "orders", group = "billing")
		void listen(String payload) {
		}

	}

	static class Batch {

		@PgListener(channels = "orders", group = "billing")
		void listen(List<String> payloads) {
		}

	}

	static class Resolved {

		@PgListener(id = "named", channels = { "${app.channel}", "returns" }, group = "${app.group}#{'-eu'}",
				start = StartPosition.LATEST, ack = AckMode.TRANSACTIONAL, concurrency = "${app.concurrency}",
				batchSize = "#{2 * 25}", retryPolicy = "${app.policy}", transactionManager = "#{'other'}Transactions")
		void listen(List<String> payloads) {
		}

		@Bean
		static RetryPolicy patient() {
			return RetryPolicy.withMaxRetries(100);
		}

		@Bean
		static DataSourceTransactionManager otherTransactions() {
			return new DataSourceTransactionManager(new DriverManagerDataSource());
		}

	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@PgListener(group = "meta")
	@interface Durable {

		@AliasFor(annotation = PgListener.class, attribute = "channels")
		String[] value();

	}

	static class Composed {

		@PgListener(channels = "orders", group = "billing")
		@PgListener(channels = "orders", group = "audit")
		@Durable("returns")
		void listen(String payload) {
		}

	}

	static class ProxyRecorder {

		final Recorder<String> received = new Recorder<>();

	}

	static class Proxied {

		private final ProxyRecorder recorder;

		Proxied(ProxyRecorder recorder) {
			this.recorder = recorder;
		}

		@PgListener(channels = "orders", group = "billing")
		public void listen(String payload) {
			this.recorder.received.record(payload);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ProxyConfiguration {

		@Bean
		ProxyRecorder recorder() {
			return new ProxyRecorder();
		}

		@Bean
		Proxied proxied(ProxyRecorder recorder) {
			ProxyFactory factory = new ProxyFactory(new Proxied(recorder));
			factory.setProxyTargetClass(true);
			factory.addAdvice((MethodInterceptor) (invocation) -> {
				recorder.received.record("proxy");
				return invocation.proceed();
			});
			return (Proxied) factory.getProxy();
		}

	}

	static class Filtered {

		final Recorder<String> received = new Recorder<>();

		@PgListener(id = "single", channels = "orders", group = "billing", filter = "yesOnly")
		void listen(String payload) {
			this.received.record(payload);
		}

		@PgListener(id = "batch", channels = "orders", group = "audit", filter = "yesOnly")
		void listen(List<String> payloads, List<Delivery> deliveries) {
			this.received
				.record(payloads + " of " + deliveries.stream().map((delivery) -> delivery.messageId()).toList());
		}

		@PgListener(id = "numbers", channels = "orders", group = "numbers", filter = "yesOnly")
		void listen(int payload) {
			this.received.record(String.valueOf(payload));
		}

		@Bean
		static PgListenerFilter yesOnly() {
			return (message) -> {
				if (message.getPayload().equals("fail")) {
					throw new IllegalStateException("by design");
				}
				return message.getPayload().startsWith("yes");
			};
		}

	}

	static class Failing {

		volatile Throwable failure = new Throwable();

		@PgListener(id = "single", channels = "orders", group = "billing")
		void listen(String payload) throws Throwable {
			throw this.failure;
		}

		@PgListener(id = "batch", channels = "orders", group = "audit")
		void listen(List<String> payloads) throws Throwable {
			throw this.failure;
		}

	}

}
