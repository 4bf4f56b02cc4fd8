package io.github.pgnotify.listener;

import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;
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
import tools.jackson.databind.JsonNode;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a method with a group that takes one message at a time gets.
 */
class GroupArgumentTests {

	@ParameterizedTest(name = "{0} of {1}")
	@CsvSource(delimiter = '|', quoteCharacter = '~', nullValues = "none", textBlock = """
			text    | "grün \\"x\\" \\u00e9" | grün "x" é
			text    | {"id": 1, "a":[]}    | {"id": 1, "a":[]}
			text    |   [1]                | [1]
			text    | 1.50                 | 1.50
			text    | true                 | true
			text    | "null"               | null
			text    | none                 | no payload
			text    | ""                   | no payload
			text    | " "                  | ~ ~
			text    | null                 | no payload
			bytes   | "grün"               | grün
			bytes   | {"id": 1}            | {"id": 1}
			record  | {"id":1,"items":["a"]} | Order[id=1, items=[a]]
			record  | none                 | no payload
			record  | null                 | no payload
			map     | {"a":null,"b":[1]}   | {a=null, b=[1]}
			node    | {"a":1.5}            | {"a":1.5}
			node    | "text"               | "text"
			array   | [{"id":1,"items":[]}] | [Order[id=1, items=[]]]
			number  | 42                   | 42
			time    | "2026-02-03T04:05:06Z" | 2026-02-03T04:05:06Z
			message | {"id":2,"items":[]}  | Order[id=2, items=[]] of orders
			messageOfList | [1,2]          | [1, 2]
			""")
	void payloadIsGivenAsItsType(String listener, @Nullable String data, String expected) {
		run(EveryArgument.class, (groups, received) -> {
			groups.handle(listener, data);
			assertThat(received).map(String::valueOf).containsExactly(expected);
		});
	}

	@Test
	void deliveryIsGiven() {
		run(EveryArgument.class, (groups, received) -> {
			ReceivedMessage message = HandMadeDelivery.of(7).of("{\"id\":7,\"items\":[]}");
			groups.handle("delivery", message);
			assertThat(received).containsExactly(message.delivery(), new Order(7, List.of()));
		});
	}

	@Test
	void headersTellOfMessageAttemptAndSender() {
		run(EveryArgument.class, (groups, received) -> {
			groups.handle("headers", HandMadeDelivery.of(7)
				.again(3, 12)
				.with("customer-1",
						Map.of("tenant", "eu", "weight", 5, PgNotifyHeaders.ATTEMPT, 99, PgNotifyHeaders.SENDER_PID, 1))
				.of("1"));
			assertThat(received).containsExactly("orders", 7L, HandMadeDelivery.CREATED_AT, "customer-1", "billing", 3,
					12L, "eu", "5", false);
		});
	}

	@Test
	void headersOfAMessageWithoutKeyHaveNone() {
		run(EveryArgument.class, (groups, received) -> {
			groups.handle("key",
					HandMadeDelivery.of(7).with(null, Map.of(PgNotifyHeaders.KEY, "the sender's")).of("1"));
			assertThat(received).containsExactly("none");
		});
	}

	@ParameterizedTest(name = "{0} of {1}")
	@CsvSource(delimiter = '|', quoteCharacter = '~', nullValues = "none", textBlock = """
			record  | "secret"                  | its JSON does not fit
			record  | {"id":"secret"}           | its JSON does not fit int
			number  | none                      | it is not valid: Payload value must not be empty
			number  | "secret"                  | its JSON does not fit int
			array   | {"secret":1}              | its JSON does not fit
			message | {"id":"secret"}           | its JSON does not fit int
			message | none                      | MessageConversionException
			tenant  | "secret"                  | its headers do not make parameter 1
			text    | "secret                   | is not a JSON string
			""")
	void whatCannotBeReadIsUndecodableAndNotRepeated(String listener, @Nullable String data, String fault) {
		run(EveryArgument.class, (groups, received) -> {
			assertThatExceptionOfType(PayloadConversionException.class)
				.isThrownBy(() -> groups.handle(listener, HandMadeDelivery.of(17).of(data)))
				.withMessageContaining("message 17 on channel 'orders'")
				.withMessageContaining(fault)
				.withNoCause()
				.matches((ex) -> !ex.getMessage().contains("secret"));
			assertThat(received).isEmpty();
		});
	}

	@Test
	void undecodableMessageNamesTheMethod() {
		run(EveryArgument.class,
				(groups, received) -> assertThatExceptionOfType(PayloadConversionException.class)
					.isThrownBy(() -> groups.handle("record", "[]"))
					.withMessageStartingWith("Listener " + EveryArgument.class.getName()
							+ ".record(Order) cannot take message 1 on channel 'orders': "));
	}

	@ParameterizedTest
	@CsvSource({ "weight,secret", "contentType,secret" })
	void headerThatCannotBeReadIsUndecodableAndNotRepeated(String header, String value) {
		run(EveryArgument.class, (groups, received) -> assertThatExceptionOfType(PayloadConversionException.class)
			.isThrownBy(() -> groups.handle(header, HandMadeDelivery.of(1).with(null, Map.of(header, value)).of("{}")))
			.withMessageContaining("its headers do not make parameter 1")
			.matches((ex) -> !ex.getMessage().contains("secret")));
	}

	@Test
	void payloadIsValidatedAsThatOfALiveListener() {
		RecordedGroups.runner()
			.withConfiguration(AutoConfigurations.of(ValidationAutoConfiguration.class))
			.withUserConfiguration(Validated.class)
			.run((context) -> {
				RecordedGroups groups = context.getBean(RecordedGroups.class);
				groups.handle("single", "{\"name\":\"fine\"}");
				assertThatExceptionOfType(PayloadConversionException.class)
					.isThrownBy(() -> groups.handle("single", "{\"name\":\"\"}"))
					.withMessageEndingWith("it is not valid: 'name' must not be blank");
				assertThat(context.getBean(Validated.class).received.received()).containsExactly("fine");
			});
	}

	private static void run(Class<? extends EveryArgument> listeners, Steps steps) {
		RecordedGroups.runner().withUserConfiguration(listeners).run((context) -> {
			List<@Nullable Object> received = context.getBean(listeners).received;
			steps.run(context.getBean(RecordedGroups.class), received);
		});
	}

	@FunctionalInterface
	interface Steps {

		void run(RecordedGroups groups, List<@Nullable Object> received) throws Exception;

	}

	record Order(int id, List<String> items) {

	}

	static class EveryArgument {

		final List<@Nullable Object> received = new ArrayList<>();

		@PgListener(id = "text", channels = "orders", group = "billing")
		void text(@Nullable String payload) {
			record(payload);
		}

		@PgListener(id = "bytes", channels = "orders", group = "billing")
		void bytes(byte[] payload) {
			record(new String(payload, StandardCharsets.UTF_8));
		}

		@PgListener(id = "record", channels = "orders", group = "billing")
		void record(@Nullable Order payload) {
			record((Object) payload);
		}

		@PgListener(id = "map", channels = "orders", group = "billing")
		void map(Map<String, Object> payload) {
			record(payload);
		}

		@PgListener(id = "node", channels = "orders", group = "billing")
		void node(JsonNode payload) {
			record(payload);
		}

		@PgListener(id = "array", channels = "orders", group = "billing")
		void array(Order[] payload) {
			record(List.of(payload));
		}

		@PgListener(id = "number", channels = "orders", group = "billing")
		void number(int payload) {
			record(payload);
		}

		@PgListener(id = "time", channels = "orders", group = "billing")
		void time(OffsetDateTime payload) {
			record(payload);
		}

		@PgListener(id = "message", channels = "orders", group = "billing")
		void message(Message<Order> message) {
			record(message.getPayload() + " of " + message.getHeaders().get(PgNotifyHeaders.CHANNEL));
		}

		@PgListener(id = "messageOfList", channels = "orders", group = "billing")
		void messageOfList(Message<List<Integer>> message) {
			assertThat(message.getPayload().get(0)).isInstanceOf(Integer.class);
			record(message.getPayload());
		}

		@PgListener(id = "delivery", channels = "orders", group = "billing")
		void delivery(Delivery delivery, Order payload) {
			record(delivery);
			record((Object) payload);
		}

		@PgListener(id = "headers", channels = "orders", group = "billing")
		void headers(@Header(PgNotifyHeaders.CHANNEL) String channel, @Header(PgNotifyHeaders.MESSAGE_ID) long id,
				@Header(PgNotifyHeaders.CREATED_AT) OffsetDateTime createdAt, @Header(PgNotifyHeaders.KEY) String key,
				@Header(PgNotifyHeaders.GROUP) String group, @Header(PgNotifyHeaders.ATTEMPT) int attempt,
				@Header(PgNotifyHeaders.TOKEN) long token, @Header("tenant") String tenant,
				@Header("weight") String weight, @Headers Map<String, Object> all) {
			this.received.addAll(List.of(channel, id, createdAt, key, group, attempt, token, tenant, weight,
					all.containsKey(PgNotifyHeaders.SENDER_PID)));
		}

		@PgListener(id = "key", channels = "orders", group = "billing")
		void key(@Header(name = PgNotifyHeaders.KEY, defaultValue = "none") String key) {
			record(key);
		}

		@PgListener(id = "tenant", channels = "orders", group = "billing")
		void tenant(@Header("tenant") String tenant) {
			record(tenant);
		}

		@PgListener(id = "weight", channels = "orders", group = "billing")
		void weight(@Header("weight") int weight) {
			record(weight);
		}

		@PgListener(id = "contentType", channels = "orders", group = "billing")
		void contentType(Map<String, Object> payload) {
			record(payload);
		}

		private void record(@Nullable Object argument) {
			this.received.add((argument != null) ? argument : "no payload");
		}

	}

	record Named(@NotBlank String name) {

	}

	static class Validated {

		final Recorder<String> received = new Recorder<>();

		@PgListener(id = "single", channels = "orders", group = "billing")
		void listen(@Valid Named payload) {
			this.received.record(payload.name());
		}

	}

}
