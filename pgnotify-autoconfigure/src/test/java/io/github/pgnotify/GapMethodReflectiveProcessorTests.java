package io.github.pgnotify;

import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image keeps of a bean with listeners.
 */
class GapMethodReflectiveProcessorTests {

	private final RuntimeHints hints = new RuntimeHints();

	@Test
	void listenerMethodsAndTheirPayloadsAreKept() {
		register(Named.class);
		assertThat(isInvocable(Named.class, "listen", Payload.class)).isTrue();
		assertThat(RuntimeHintsPredicates.reflection().onType(Payload.class)).accepts(this.hints);
	}

	@Test
	void methodsNamedByOnGapAreKeptAndNoOthers() {
		register(Named.class);
		assertThat(isInvocable(Named.class, "reload", PgGap.class)).isTrue();
		assertThat(isInvocable(Base.class, "clear")).isTrue();
		assertThat(isInvocable(Named.class, "reload", String.class)).isFalse();
		assertThat(isInvocable(Named.class, "other", PgGap.class)).isFalse();
	}

	@Test
	void allThatAnExpressionMayNameAreKept() {
		register(Expression.class);
		assertThat(isInvocable(Expression.class, "one", PgGap.class)).isTrue();
		assertThat(isInvocable(Expression.class, "two")).isTrue();
		assertThat(isInvocable(Expression.class, "three", String.class)).isFalse();
	}

	private void register(Class<?> type) {
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(this.hints, type);
	}

	private boolean isInvocable(Class<?> type, String name, Class<?>... parameters) {
		return RuntimeHintsPredicates.reflection()
			.onMethodInvocation(java.util.Objects.requireNonNull(ReflectionUtils.findMethod(type, name, parameters)))
			.test(this.hints);
	}

	record Payload(String text) {

	}

	static class Base {

		void clear() {
		}

	}

	static class Named extends Base {

		@PgListener(channels = "a", onGap = "reload")
		@PgListener(channels = "b", onGap = "clear")
		void listen(Payload payload) {
		}

		void reload(PgGap gap) {
		}

		void reload(String text) {
		}

		void other(PgGap gap) {
		}

	}

	static class Expression {

		@PgListener(channels = "a", onGap = "${app.on-gap}")
		void listen(String payload) {
		}

		void one(PgGap gap) {
		}

		void two() {
		}

		void three(String text) {
		}

	}

}
