package io.github.pgnotify.listener;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException.Reference;

import org.springframework.util.ReflectionUtils;

/**
 * Where in a payload a fault is, told by what the receiving type knows: its properties,
 * and places in lists. Keys of maps, and properties that the type does not have, are the
 * sender's own words and left out.
 */
final class KnownPath {

	private static final String LEFT_OUT = "\u2026";

	private KnownPath() {
	}

	/**
	 * Describes a path of Jackson's.
	 * @return such as <code>order.lines[2].price</code>; empty if there is none
	 */
	static String of(List<Reference> path) {
		StringBuilder text = new StringBuilder();
		for (Reference step : path) {
			String name = step.getPropertyName();
			if (name == null) {
				text.append('[')
					.append((step.getIndex() >= 0) ? String.valueOf(step.getIndex()) : LEFT_OUT)
					.append(']');
			}
			else if (isProperty(name, step.from())) {
				text.append(text.isEmpty() ? "" : ".").append(name);
			}
			else {
				text.append('[').append(LEFT_OUT).append(']');
			}
		}
		return text.toString();
	}

	/**
	 * Describes a path of a validator's, which writes keys of maps in brackets, as it
	 * does places in lists.
	 */
	static String of(String field) {
		int first = field.indexOf('[');
		int last = field.lastIndexOf(']');
		// A key may hold brackets itself
		return (first < 0 || last < first) ? field : field.substring(0, first + 1) + LEFT_OUT + field.substring(last);
	}

	private static boolean isProperty(String name, @Nullable Object from) {
		Class<?> type = (from instanceof Class<?> itself) ? itself : (from != null) ? from.getClass() : Map.class;
		if (Map.class.isAssignableFrom(type)) {
			return false;
		}
		String plain = plain(name);
		return names(type).anyMatch((known) -> plain(known).equals(plain));
	}

	/**
	 * Names that properties of a type may have, whatever the naming strategy makes of
	 * them.
	 */
	private static Stream<String> names(Class<?> type) {
		Stream.Builder<String> names = Stream.builder();
		ReflectionUtils.doWithFields(type, (field) -> add(names, field));
		ReflectionUtils.doWithMethods(type, (method) -> add(names, method));
		Arrays.stream(type.getDeclaredConstructors())
			.flatMap((constructor) -> Arrays.stream(constructor.getParameters()))
			.forEach((parameter) -> add(names, parameter.getAnnotation(JsonProperty.class)));
		return names.build();
	}

	private static void add(Stream.Builder<String> names, Field field) {
		names.add(field.getName());
		add(names, field.getAnnotation(JsonProperty.class));
	}

	private static void add(Stream.Builder<String> names, Method method) {
		if (method.getName().startsWith("set") && method.getParameterCount() == 1) {
			names.add(method.getName().substring("set".length()));
		}
		add(names, method.getAnnotation(JsonProperty.class));
	}

	private static void add(Stream.Builder<String> names, @Nullable JsonProperty annotation) {
		if (annotation != null) {
			names.add(annotation.value());
		}
	}

	private static String plain(String name) {
		return name.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
	}

}
