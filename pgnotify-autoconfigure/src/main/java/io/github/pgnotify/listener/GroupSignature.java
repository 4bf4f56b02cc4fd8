package io.github.pgnotify.listener;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyStartupException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.SynthesizingMethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/**
 * Tells what the parameters of a group listener get, and refuses those that could never
 * get anything.
 *
 * @param taken which parameters are not the payload
 * @param single makes arguments of single messages
 * @param wholeMessage makes messages
 * @param payload makes payloads
 */
record GroupSignature(Predicate<MethodParameter> taken, HandlerMethodArgumentResolver single,
		HandlerMethodArgumentResolver wholeMessage, HandlerMethodArgumentResolver payload) {

	/**
	 * Whether a parameter is for deliveries, which are neither payload nor header.
	 */
	static boolean isDelivery(MethodParameter parameter) {
		return parameter.getParameterType() == Delivery.class || isListOf(Delivery.class, parameter);
	}

	/**
	 * Refuses deliveries where there are none.
	 * @throws PgNotifyStartupException if a live listener asks for one
	 */
	static void refuseDelivery(Method method) {
		for (int i = 0; i < method.getParameterCount(); i++) {
			if (isDelivery(new SynthesizingMethodParameter(method, i))) {
				throw ListenerMethods.impossible(method, "takes a Delivery, which only listeners with a group get",
						"Name a group, group = \"...\", or leave the parameter out.");
			}
		}
	}

	/**
	 * Whether a method takes many messages at once.
	 */
	boolean isBatch(MethodParameter[] parameters) {
		return Arrays.stream(parameters).anyMatch(this::isList);
	}

	/**
	 * Returns what the parameters get, one for each.
	 * @throws PgNotifyStartupException if one of them can get nothing
	 */
	List<GroupArgument> arguments(Method method, MethodParameter[] parameters) {
		for (MethodParameter parameter : parameters) {
			if (parameter.getParameterType() == PgNotification.class || isListOf(PgNotification.class, parameter)) {
				throw ListenerMethods.impossible(method,
						"takes a PgNotification and has a group, which gets stored messages and no notifications",
						"Take a Delivery, which tells channel, id and attempt, or leave group out to listen live.");
			}
		}
		boolean batch = isBatch(parameters);
		List<GroupArgument> arguments = new ArrayList<>();
		for (MethodParameter parameter : parameters) {
			arguments.add(batch ? ofMany(method, parameter) : ofOne(parameter));
		}
		if (batch && Arrays.stream(parameters).allMatch(GroupSignature::isDelivery)) {
			throw ListenerMethods.impossible(method, "takes a List<Delivery> without a List of payloads",
					"Add a List<T> of payloads, or take a single Delivery.");
		}
		return arguments;
	}

	private GroupArgument ofOne(MethodParameter parameter) {
		if (parameter.getParameterType() == Delivery.class) {
			return (messages) -> messages.get(0).delivery();
		}
		if (isText(parameter)) {
			return (messages) -> {
				String text = messages.get(0).text();
				return text.isEmpty() ? messages.get(0).argument(parameter, this.single) : text;
			};
		}
		return (messages) -> messages.get(0).argument(parameter, this.single);
	}

	/** Spring's resolver would hand the text over as it is, but make a message first. */
	private boolean isText(MethodParameter parameter) {
		return parameter.getParameterType() == String.class && parameter.getParameterAnnotations().length == 0
				&& !this.taken.test(parameter);
	}

	private GroupArgument ofMany(Method method, MethodParameter parameter) {
		if (!isList(parameter)) {
			throw ListenerMethods.impossible(method,
					"takes a List of payloads and, as parameter " + (parameter.getParameterIndex() + 1) + ", a "
							+ parameter.getParameterType().getSimpleName()
							+ ", which every message of a batch has for itself",
					"Beside the payloads take List<Delivery>, and List<Message<T>> in their place for headers. For the "
							+ "array in a single message take T[] or JsonNode.");
		}
		ElementParameter element = ElementParameter.of(parameter);
		if (element == null) {
			throw ListenerMethods.impossible(method, "takes a List that does not say of what",
					"Write List<T> with the type of one payload. For the array in a single message take T[] or JsonNode.");
		}
		if (element.getParameterType() == Delivery.class) {
			return (messages) -> messages.stream().map(StoredArrival::delivery).toList();
		}
		boolean whole = Message.class.isAssignableFrom(element.getParameterType());
		return (messages) -> all(messages, element, whole ? this.wholeMessage : this.payload);
	}

	private boolean isList(MethodParameter parameter) {
		return parameter.getParameterType() == List.class && !this.taken.test(parameter);
	}

	private static List<@Nullable Object> all(List<StoredArrival> messages, MethodParameter element,
			HandlerMethodArgumentResolver resolver) throws Exception {
		List<@Nullable Object> all = new ArrayList<>(messages.size());
		for (StoredArrival message : messages) {
			all.add(message.argument(element, resolver));
		}
		return Collections.unmodifiableList(all);
	}

	private static boolean isListOf(Class<?> type, MethodParameter parameter) {
		if (parameter.getParameterType() != List.class) {
			return false;
		}
		ElementParameter element = ElementParameter.of(parameter);
		return element != null && element.getParameterType() == type;
	}

}
