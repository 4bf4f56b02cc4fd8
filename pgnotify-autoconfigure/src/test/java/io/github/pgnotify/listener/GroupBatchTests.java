package io.github.pgnotify.listener;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyHeaders;
import io.github.pgnotify.testsupport.Recorder;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;
import org.springframework.messaging.Message;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a method with a group that takes a list of messages gets.
 */
class GroupBatchTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			text     | "a"             | {"b": 2}         | [a, {"b": 2}]
			record   | {"id":1}        | {"id":2}         | [Order[id=1], Order[id=2]]
			record   | null            | {"id":2}         | [null, Order[id=2]]
			wildcard | {"id":1}        | {"id":2}         | [Order[id=1], Order[id=2]]
			inherited | {"id":1}       | {"id":2}         | [Order[id=1], Order[id=2]]
			map      | {"a":1}         | {}               | [{a=1}, {}]
			lists    | [1]             | [2, 3]           | [[1], [2, 3]]
			messages | {"id":1}        | {"id":2}         | [1: Parcel[id=1], 2: Parcel[id=2]]
			""")
	void elementsAreGivenAsTheirType(String listener, String first, String second, String expected) {
		RecordedGroups.runner().withUserConfiguration(Batches.class).run((context) -> {
			context.getBean(RecordedGroups.class).handle(listener, first, second);
			assertThat(context.getBean(Batches.class).received.received()).containsExactly(expected);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "text", "record", "messages" })
	void batchOfOneIsAList(String listener) {
		RecordedGroups.runner().withUserConfiguration(Batches.class).run((context) -> {
			context.getBean(RecordedGroups.class).handle(listener, "{\"id\":1}");
			assertThat(context.getBean(Batches.class).received.received()).singleElement()
				.asString()
				.startsWith("[")
				.contains("1");
		});
	}

	@Test
	void deliveriesAreInTheOrderOfThePayloads() {
		RecordedGroups.runner().withUserConfiguration(Batches.class).run((context) -> {
			context.getBean(RecordedGroups.class).handle("deliveries", "\"a\"", "\"b\"", "\"c\"");
			assertThat(context.getBean(Batches.class).received.received()).containsExactly("[1, 2, 3] for [a, b, c]");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "record", "messages" })
	void oneUndecodableMessageKeepsTheMethodFromBeingCalled(String listener) {
		RecordedGroups.runner().withUserConfiguration(Batches.class).run((context) -> {
			RecordedGroups groups = context.getBean(RecordedGroups.class);
			assertThatExceptionOfType(PayloadConversionException.class)
				.isThrownBy(() -> groups.handle(listener, "{\"id\":1}", "{\"id\":2}", "{\"id\":\"secret\"}"))
				.withMessageContaining("(List) cannot take message 3 on channel 'orders': its JSON does not fit int")
				.matches((ex) -> !ex.getMessage().contains("secret"));
			assertThat(context.getBean(Batches.class).received.received()).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "element" })
	void everyElementIsValidated(String listener) {
		RecordedGroups.runner()
			.withConfiguration(AutoConfigurations.of(ValidationAutoConfiguration.class))
			.withUserConfiguration(Validated.class)
			.run((context) -> {
				RecordedGroups groups = context.getBean(RecordedGroups.class);
				groups.handle(listener, "{\"name\":\"a\"}", "{\"name\":\"b\"}");
				assertThatExceptionOfType(PayloadConversionException.class)
					.isThrownBy(() -> groups.handle(listener, "{\"name\":\"a\"}", "{\"name\":\"\"}"))
					.withMessageContaining("message 2 ")
					.withMessageEndingWith("it is not valid: 'name' must not be blank");
				assertThat(context.getBean(Validated.class).received.received()).containsExactly("[a, b]");
			});
	}

	@Test
	void elementsAreKeptInANativeImage() {
		RuntimeHints hints = new RuntimeHints();
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, Batches.class);
		Method method = ReflectionUtils.findMethod(Batches.class, "record", List.class);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(method)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(Order.class)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(Parcel.class)).accepts(hints);
	}

	record Order(int id) {

	}

	record Parcel(int id) {

	}

	abstract static class Base<T> {

		final Recorder<String> received = new Recorder<>();

		@PgListener(id = "inherited", channels = "orders", group = "billing")
		void inherited(List<T> payloads) {
			this.received.record(payloads.toString());
		}

	}

	static class Batches extends Base<Order> {

		@PgListener(id = "text", channels = "orders", group = "billing")
		void text(List<String> payloads) {
			this.received.record(payloads.toString());
		}

		@PgListener(id = "record", channels = "orders", group = "billing")
		void record(List<@Nullable Order> payloads) {
			this.received.record(payloads.toString());
		}

		@PgListener(id = "wildcard", channels = "orders", group = "billing")
		void wildcard(List<? extends Order> payloads) {
			Order first = payloads.get(0);
			this.received.record(List.of(first, payloads.get(1)).toString());
		}

		@PgListener(id = "map", channels = "orders", group = "billing")
		void map(List<Map<String, Integer>> payloads) {
			this.received.record(payloads.toString());
		}

		@PgListener(id = "lists", channels = "orders", group = "billing")
		void lists(List<List<Integer>> payloads) {
			this.received.record(payloads.toString());
		}

		@PgListener(id = "messages", channels = "orders", group = "billing")
		void messages(List<Message<Parcel>> messages) {
			this.received.record(messages.stream()
				.map((message) -> message.getHeaders().get(PgNotifyHeaders.MESSAGE_ID) + ": " + message.getPayload())
				.toList()
				.toString());
		}

		@PgListener(id = "deliveries", channels = "orders", group = "billing")
		void deliveries(List<Delivery> deliveries, List<String> payloads) {
			this.received.record(deliveries.stream().map(Delivery::messageId).toList() + " for " + payloads);
		}

	}

	record Named(@NotBlank String name) {

	}

	static class Validated {

		final Recorder<String> received = new Recorder<>();

		@PgListener(id = "list", channels = "orders", group = "billing")
		void list(@Valid List<Named> payloads) {
			this.received.record(payloads.stream().map(Named::name).toList().toString());
		}

		@PgListener(id = "element", channels = "orders", group = "billing")
		void element(List<@Valid Named> payloads) {
			this.received.record(payloads.stream().map(Named::name).toList().toString());
		}

	}

}
