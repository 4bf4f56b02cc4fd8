package io.github.pgnotify.listener;

import java.util.List;
import java.util.stream.Stream;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.messaging.handler.annotation.Header;

/**
 * Signatures that no method with a group, or none without, can have.
 */
class GroupSignatureTests {

	private static final String BATCH = "Beside the payloads take List<Delivery>, and List<Message<T>> in their place "
			+ "for headers. For the array in a single message take T[] or JsonNode.";

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void parametersThatGetNothing(Class<?> listener, String fault, String action) {
		Refusals.assertRefused(RecordedGroups.runner(), listener, fault, action);
	}

	static Stream<Arguments> parametersThatGetNothing() {
		String stored = "takes a PgNotification and has a group, which gets stored messages and no notifications.";
		String delivery = "Take a Delivery, which tells channel, id and attempt, or leave group out to listen live.";
		String live = "takes a Delivery, which only listeners with a group get.";
		String group = "Name a group, group = \"...\", or leave the parameter out.";
		return Stream.of(Arguments.of(NotificationInGroup.class, stored, delivery),
				Arguments.of(NotificationsInGroup.class, stored, delivery),
				Arguments.of(LiveDelivery.class, live, group), Arguments.of(LiveDeliveries.class, live, group),
				Arguments.of(DeliveryOfBatch.class,
						"takes a List of payloads and, as parameter 2, a Delivery, which every message of a batch has "
								+ "for itself.",
						BATCH),
				Arguments.of(HeaderOfBatch.class,
						"takes a List of payloads and, as parameter 1, a String, which every message of a batch has "
								+ "for itself.",
						BATCH),
				Arguments.of(RawList.class, "takes a List that does not say of what.",
						"Write List<T> with the type of one payload. For the array in a single message take T[] or "
								+ "JsonNode."),
				Arguments.of(OnlyDeliveries.class, "takes a List<Delivery> without a List of payloads.",
						"Add a List<T> of payloads, or take a single Delivery."),
				Arguments.of(TwoLists.class, "has 2 parameters that would all be the payload.",
						"Keep one of them; mark the others @Header or @Headers, or make them one record."),
				Arguments.of(Returning.class, "returns java.lang.String, but nobody waits for an answer.",
						"Let it return void; to answer, send a message with PgNotifyTemplate."));
	}

	static class NotificationInGroup {

		@PgListener(channels = "orders", group = "billing")
		void listen(PgNotification notification) {
		}

	}

	static class NotificationsInGroup {

		@PgListener(channels = "orders", group = "billing")
		void listen(List<PgNotification> notifications) {
		}

	}

	static class LiveDelivery {

		@PgListener(channels = "orders")
		void listen(String payload, Delivery delivery) {
		}

	}

	static class LiveDeliveries {

		@PgListener(channels = "orders")
		void listen(List<Delivery> deliveries) {
		}

	}

	static class DeliveryOfBatch {

		@PgListener(channels = "orders", group = "billing")
		void listen(List<String> payloads, Delivery delivery) {
		}

	}

	static class HeaderOfBatch {

		@PgListener(channels = "orders", group = "billing")
		void listen(@Header(PgNotifyHeaders.KEY) String key, List<String> payloads) {
		}

	}

	static class RawList {

		@PgListener(channels = "orders", group = "billing")
		void listen(List<?> payloads) {
		}

	}

	static class OnlyDeliveries {

		@PgListener(channels = "orders", group = "billing")
		void listen(List<Delivery> deliveries) {
		}

	}

	static class TwoLists {

		@PgListener(channels = "orders", group = "billing")
		void listen(List<String> payloads, List<Integer> others) {
		}

	}

	static class Returning {

		@PgListener(channels = "orders", group = "billing")
		String listen(String payload) {
			return payload;
		}

	}

}
