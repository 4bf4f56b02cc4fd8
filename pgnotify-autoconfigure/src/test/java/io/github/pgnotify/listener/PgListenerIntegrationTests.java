package io.github.pgnotify.listener;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyHeaders;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.EnableAspectJAutoProxy;
import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.AliasFor;
import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a method marked {@link PgListener} receives, from {@code pg_notify} by any
 * program.
 */
@ExtendWith(OutputCaptureExtension.class)
class PgListenerIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database);

	@Test
	void everyKindOfArgumentIsGivenAsItsType() {
		this.runner.withUserConfiguration(EveryArgument.class).run((context) -> {
			Recorder<?> received = context.getBean(EveryArgument.class).received;
			notify("text", "plain hello");
			notify("bytes", "grün");
			notify("record", "{\"id\":1,\"items\":[\"a\"]}");
			notify("map", "{\"ok\":true,\"n\":null}");
			notify("list", "[1,2,3]");
			notify("node", "{\"a\":1.5}");
			notify("number", "42");
			notify("message", "{\"id\":2,\"items\":[]}");
			assertThat(received.await(8)).map(String::valueOf)
				.containsExactlyInAnyOrder("plain hello", "grün", "Order[id=1, items=[a]]", "{ok=true, n=null}",
						"[1, 2, 3]", "{\"a\":1.5}", "42", "Order[id=2, items=[]] on message");
		});
	}

	@Test
	void headersAndNotificationTellWhereItCameFrom() {
		this.runner.withUserConfiguration(Origin.class).run((context) -> {
			int pid = notify("origin", "x");
			assertThat(context.getBean(Origin.class).received.await(1)).containsExactly(
					List.of(new PgNotification(ChannelName.of("origin"), "x", pid), "origin", pid, "origin", pid));
		});
	}

	@Test
	void emptyPayloadIsNull() {
		this.runner.withUserConfiguration(Empty.class).run((context) -> {
			notify("empty", "");
			assertThat(context.getBean(Empty.class).received.await(4)).containsExactlyInAnyOrder("null", "null",
					"notification null", "message ''");
		});
	}

	@Test
	void whiteSpaceIsAPayload() {
		this.runner.withUserConfiguration(Text.class).run((context) -> {
			notify("text", " ");
			assertThat(context.getBean(Text.class).received.await(1)).containsExactly(" ");
		});
	}

	@Test
	void orderIsThatOfTheSender() {
		this.runner.withUserConfiguration(Text.class).run((context) -> {
			database.execute("SELECT pg_notify('text', n::text) FROM generate_series(1, 1000) AS n");
			assertThat(context.getBean(Text.class).received.await(1000)).map(Integer::valueOf)
				.isSorted()
				.startsWith(1)
				.endsWith(1000);
		});
	}

	@Test
	void failureOfOneListenerHurtsNeitherOthersNorLaterMessages(CapturedOutput output) {
		this.runner.withUserConfiguration(Failing.class, Text.class).run((context) -> {
			notify("text", "poison");
			notify("text", "error");
			notify("text", "good");
			assertThat(context.getBean(Failing.class).received.await(1)).containsExactly("good");
			assertThat(context.getBean(Text.class).received.await(3)).containsExactly("poison", "error", "good");
			assertThat(output).contains("Listener 'Failing.fail' failed on a notification on channel 'text'")
				.contains("IllegalStateException: by design");
		});
	}

	@Test
	void unconvertiblePayloadIsANamedErrorWithoutThePayload(CapturedOutput output) {
		this.runner.withUserConfiguration(EveryArgument.class).run((context) -> {
			notify("record", "secret plain text");
			notify("record", "{\"id\":\"secret\",\"items\":[]}");
			notify("record", "{\"id\":7,\"items\":[]}");
			assertThat(context.getBean(EveryArgument.class).received.await(1)).map(String::valueOf)
				.containsExactly("Order[id=7, items=[]]");
			assertThat(output).contains("EveryArgument.record(Order) cannot take the message on channel 'record'")
				.contains("it is not valid JSON")
				.contains("its JSON does not fit int")
				.doesNotContain("secret");
		});
	}

	@Test
	void invalidPayloadIsANamedErrorWithoutThePayload(CapturedOutput output) {
		this.runner.withConfiguration(AutoConfigurations.of(ValidationAutoConfiguration.class))
			.withUserConfiguration(Validated.class)
			.run((context) -> {
				notify("validated", "{\"name\":\"\",\"note\":\"secret\"}");
				notify("validated", "{\"name\":\"fine\",\"note\":\"\"}");
				assertThat(context.getBean(Validated.class).received.await(1)).containsExactly("fine");
				assertThat(output).contains("it is not valid: 'name' must not be blank").doesNotContain("secret");
			});
	}

	@Test
	void oddNamesAreJustNames() {
		this.runner.withUserConfiguration(OddNames.class).run((context) -> {
			for (String name : OddNames.NAMES) {
				notify(name, name);
			}
			assertThat(context.getBean(OddNames.class).received.await(OddNames.NAMES.length))
				.containsExactlyInAnyOrder(OddNames.NAMES);
			assertThat(database.queryForString("SELECT count(*) FROM pg_class WHERE relname = 'pwned'")).isEqualTo("0");
		});
	}

	@Test
	void annotationIsRepeatableComposableAndResolved() {
		this.runner.withUserConfiguration(Composed.class)
			.withPropertyValues("app.channel=from-property")
			.run((context) -> {
				for (String channel : List.of("first", "second", "from-property", "list-a", "list-b", "meta")) {
					notify(channel, channel);
				}
				assertThat(context.getBean(Composed.class).received.await(6)).containsExactlyInAnyOrder("first",
						"second", "from-property", "list-a", "list-b", "meta");
			});
	}

	@Test
	void listenersBehindProxiesAreCalledThroughThem() {
		this.runner.withUserConfiguration(Proxied.class).run((context) -> {
			notify("by-class", "class");
			notify("by-interface", "interface");
			assertThat(context.getBean(ProxyRecorder.class).received.await(2))
				.containsExactlyInAnyOrder("class in transaction", "interface");
		});
	}

	@Test
	void configurerAddsConvertersArgumentsAndListeners() {
		this.runner.withUserConfiguration(Configured.class).run((context) -> {
			notify("shouted", "hello");
			notify("programmatic", "by hand");
			assertThat(context.getBean(Configured.class).received.await(2))
				.containsExactlyInAnyOrder("HELLO from resolver", "programmatic by hand");
		});
	}

	@Test
	void listenersOfLazyBeansAreHeard() {
		this.runner.withUserConfiguration(Text.class)
			.withInitializer((context) -> context
				.addBeanFactoryPostProcessor(new org.springframework.boot.LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				notify("text", "heard");
				assertThat(context.getBean(Text.class).received.await(1)).containsExactly("heard");
			});
	}

	@Test
	void listenersAreCalledOnVirtualThreadsWhereSpringIs() {
		this.runner.withUserConfiguration(ThreadName.class)
			.withPropertyValues("spring.threads.virtual.enabled=true")
			.run((context) -> {
				notify("thread", "x");
				boolean expected = Runtime.version().feature() >= 21;
				assertThat(context.getBean(ThreadName.class).received.await(1).get(0).contains("Virtual"))
					.isEqualTo(expected);
			});
	}

	private static int notify(String channel, String payload) {
		return Integer.parseInt(Objects.requireNonNull(database.queryForString(
				"WITH sent AS MATERIALIZED (SELECT pg_notify(?, ?)) SELECT pg_backend_pid() FROM sent", channel,
				payload)));
	}

	record Order(int id, List<String> items) {

	}

	static class EveryArgument {

		final Recorder<@Nullable Object> received = new Recorder<>();

		@PgListener("text")
		void text(String payload) {
			this.received.record(payload);
		}

		@PgListener("bytes")
		void bytes(byte[] payload) {
			this.received.record(new String(payload, StandardCharsets.UTF_8));
		}

		@PgListener("record")
		void record(Order payload) {
			this.received.record(payload);
		}

		@PgListener("map")
		void map(Map<String, Object> payload) {
			this.received.record(payload);
		}

		@PgListener("list")
		void list(List<Integer> payload) {
			assertThat(payload.get(0)).isInstanceOf(Integer.class);
			this.received.record(payload);
		}

		@PgListener("node")
		void node(JsonNode payload) {
			this.received.record(payload);
		}

		@PgListener("number")
		void number(int payload) {
			this.received.record(payload);
		}

		@PgListener("message")
		void message(Message<Order> message) {
			this.received.record(message.getPayload() + " on " + message.getHeaders().get(PgNotifyHeaders.CHANNEL));
		}

	}

	static class Origin {

		final Recorder<List<Object>> received = new Recorder<>();

		@PgListener("origin")
		void origin(PgNotification notification, @Header(PgNotifyHeaders.CHANNEL) String channel,
				@Header(PgNotifyHeaders.SENDER_PID) int pid, @Headers Map<String, Object> headers) {
			this.received.record(
					List.of(notification, channel, pid, Objects.requireNonNull(headers.get(PgNotifyHeaders.CHANNEL)),
							Objects.requireNonNull(headers.get(PgNotifyHeaders.SENDER_PID))));
		}

	}

	static class Empty {

		final Recorder<String> received = new Recorder<>();

		@PgListener("empty")
		void text(@Nullable String payload) {
			this.received.record(String.valueOf(payload));
		}

		@PgListener("empty")
		void typed(@Nullable Order payload) {
			this.received.record(String.valueOf(payload));
		}

		@PgListener("empty")
		void notification(PgNotification notification) {
			this.received.record("notification " + notification.payload());
		}

		@PgListener("empty")
		void message(Message<String> message) {
			this.received.record("message '" + message.getPayload() + "'");
		}

	}

	static class Text {

		final Recorder<String> received = new Recorder<>();

		@PgListener("text")
		void text(String payload) {
			this.received.record(payload);
		}

	}

	static class Failing {

		final Recorder<String> received = new Recorder<>();

		@PgListener("text")
		void fail(String payload) {
			if (payload.equals("poison")) {
				throw new IllegalStateException("by design");
			}
			if (payload.equals("error")) {
				throw new StackOverflowError("by design");
			}
			this.received.record(payload);
		}

	}

	record Named(@NotBlank String name, String note) {

	}

	static class Validated {

		final Recorder<String> received = new Recorder<>();

		@PgListener("validated")
		void validated(@Valid Named payload) {
			this.received.record(payload.name());
		}

	}

	static class OddNames {

		static final String[] NAMES = { "a b", "MyChan", "x\"; drop table t; --", "a; create table pwned(x int)",
				"ünïcödé 漢字", "'", "\\", "select", "%s", "{}", "a".repeat(63) };

		final Recorder<String> received = new Recorder<>();

		@PgListener({ "a b", "MyChan", "x\"; drop table t; --", "a; create table pwned(x int)", "ünïcödé 漢字", "'", "\\",
				"select", "%s", "{}" })
		@PgListener("#{'a'.repeat(63)}")
		void odd(String payload) {
			this.received.record(payload);
		}

	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@PgListener
	@interface MetaListener {

		@AliasFor(annotation = PgListener.class, attribute = "channels")
		String[] on();

	}

	static class Composed {

		final Recorder<String> received = new Recorder<>();

		@PgListener(channels = "first")
		@PgListener(channels = { "second", "${app.channel}" }, id = "named")
		@PgListener("#{{'list-a', 'list-b'}}")
		@MetaListener(on = "meta")
		void listen(String payload) {
			this.received.record(payload);
		}

	}

	static class ProxyRecorder {

		final Recorder<String> received = new Recorder<>();

	}

	static class ByClass {

		private final ProxyRecorder recorder;

		ByClass(ProxyRecorder recorder) {
			this.recorder = recorder;
		}

		@Transactional
		@PgListener("by-class")
		public void listen(String payload) {
			this.recorder.received.record(payload + transaction());
		}

	}

	interface ByInterface {

		void listen(String payload);

	}

	static class ByInterfaceListener implements ByInterface {

		private final ProxyRecorder recorder;

		ByInterfaceListener(ProxyRecorder recorder) {
			this.recorder = recorder;
		}

		@Override
		@PgListener("by-interface")
		public void listen(String payload) {
			this.recorder.received.record(payload);
		}

	}

	private static String transaction() {
		return org.springframework.transaction.support.TransactionSynchronizationManager.isActualTransactionActive()
				? " in transaction" : " without transaction";
	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	@EnableAspectJAutoProxy
	static class Proxied {

		@Bean
		ProxyRecorder recorder() {
			return new ProxyRecorder();
		}

		@Bean
		ByClass byClass(ProxyRecorder recorder) {
			return new ByClass(recorder);
		}

		@Bean
		ByInterface byInterface(ProxyRecorder recorder) {
			org.springframework.aop.framework.ProxyFactory factory = new org.springframework.aop.framework.ProxyFactory(
					new ByInterfaceListener(recorder));
			return (ByInterface) factory.getProxy();
		}

	}

	record Shout(String text) {

	}

	record FromResolver(String text) {

	}

	static class Configured implements PgListenerConfigurer {

		final Recorder<String> received = new Recorder<>();

		@PgListener("shouted")
		void shouted(Shout payload, FromResolver argument) {
			this.received.record(payload.text() + " from " + argument.text());
		}

		@Override
		public void configureMessageConverters(List<MessageConverter> converters) {
			converters.add(0, new ShoutConverter());
		}

		@Override
		public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
			resolvers.add(new HandlerMethodArgumentResolver() {

				@Override
				public boolean supportsParameter(MethodParameter parameter) {
					return parameter.getParameterType() == FromResolver.class;
				}

				@Override
				public Object resolveArgument(MethodParameter parameter, Message<?> message) {
					return new FromResolver("resolver");
				}

			});
		}

		@Override
		public void registerListeners(PgListenerRegistry registry) {
			registry.subscribe(42, "programmatic",
					(notification) -> this.received.record(notification.channel() + " " + notification.payload()));
		}

	}

	static class ShoutConverter implements MessageConverter {

		@Override
		public @Nullable Object fromMessage(Message<?> message, Class<?> targetClass) {
			return (targetClass == Shout.class) ? new Shout(message.getPayload().toString().toUpperCase()) : null;
		}

		@Override
		public @Nullable Message<?> toMessage(Object payload,
				org.springframework.messaging.@Nullable MessageHeaders headers) {
			return null;
		}

	}

	static class ThreadName {

		final Recorder<String> received = new Recorder<>();

		@PgListener("thread")
		void listen(String payload) {
			this.received.record(Thread.currentThread().toString());
		}

	}

}
