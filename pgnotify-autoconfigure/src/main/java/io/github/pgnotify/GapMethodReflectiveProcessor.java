package io.github.pgnotify;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.List;

import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.aot.hint.annotation.ReflectiveProcessor;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ReflectionUtils;

/**
 * Keeps in a native image the methods that {@link PgListener#onGap()}, or that attribute
 * of another annotation for listeners, names; all that it may name, where that is known
 * only at run time. The listener methods themselves are kept by {@code @MessageMapping}.
 *
 * @since 0.1.0
 */
public final class GapMethodReflectiveProcessor implements ReflectiveProcessor {

	/**
	 * Creates the processor.
	 */
	public GapMethodReflectiveProcessor() {
	}

	@Override
	public void registerReflectionHints(ReflectionHints hints, AnnotatedElement element) {
		if (!(element instanceof Method listener)) {
			return;
		}
		List<String> names = MergedAnnotations.from(listener, SearchStrategy.TYPE_HIERARCHY)
			.stream()
			.flatMap((annotation) -> annotation.getValue("onGap", String.class).stream())
			.filter((name) -> !name.isEmpty())
			.toList();
		if (!names.isEmpty()) {
			ReflectionUtils.doWithMethods(listener.getDeclaringClass(),
					(method) -> hints.registerMethod(method, ExecutableMode.INVOKE),
					(method) -> isGapMethod(method) && names.stream().anyMatch((name) -> mayBe(name, method)));
		}
	}

	private static boolean isGapMethod(Method method) {
		return method.getDeclaringClass() != Object.class && (method.getParameterCount() == 0
				|| (method.getParameterCount() == 1 && method.getParameterTypes()[0] == PgGap.class));
	}

	private static boolean mayBe(String name, Method method) {
		return name.contains("${") || name.contains("#{") || name.equals(method.getName());
	}

}
