package io.github.pgnotify.listener;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.stream.Collectors;

import io.github.pgnotify.PgNotifyStartupException;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Starts applications with a listener that cannot be.
 */
final class Refusals {

	private Refusals() {
	}

	/**
	 * Checks that the application does not start.
	 * @param listener a class with one method, {@code listen}
	 * @param fault what is wrong with that
	 * @param action what to do
	 */
	static void assertRefused(ApplicationContextRunner runner, Class<?> listener, String fault, String action) {
		Method method = Arrays.stream(listener.getDeclaredMethods())
			.filter((declared) -> declared.getName().equals("listen"))
			.findFirst()
			.orElseThrow();
		String parameters = Arrays.stream(method.getParameterTypes())
			.map(Class::getSimpleName)
			.collect(Collectors.joining(","));
		runner.withUserConfiguration(listener).run((context) -> {
			assertThat(context.getStartupFailure()).isInstanceOf(PgNotifyStartupException.class)
				.hasMessage("The @PgListener method " + listener.getName() + ".listen(" + parameters + ") " + fault);
			assertThat(((PgNotifyStartupException) context.getStartupFailure()).getAction()).isEqualTo(action);
		});
	}

}
