package io.github.pgnotify.tablechange;

import java.util.Objects;

import io.github.pgnotify.PgGap;
import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image keeps of a listener for table changes.
 */
class TableListenerReflectionTests {

	private final RuntimeHints hints = new RuntimeHints();

	@Test
	void methodsAndRowsAreKept() {
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(this.hints, Watch.class);
		assertThat(isInvocable("changed", TableChange.class)).isTrue();
		assertThat(isInvocable("reload", PgGap.class)).isTrue();
		assertThat(isInvocable("other", PgGap.class)).isFalse();
		assertThat(RuntimeHintsPredicates.reflection().onType(Row.class)).accepts(this.hints);
	}

	private boolean isInvocable(String name, Class<?> parameter) {
		return RuntimeHintsPredicates.reflection()
			.onMethodInvocation(Objects.requireNonNull(ReflectionUtils.findMethod(Watch.class, name, parameter)))
			.test(this.hints);
	}

	record Row(int id) {

	}

	static class Watch {

		@PgTableListener(table = "orders", onGap = "reload")
		void changed(TableChange<Row> change) {
		}

		void reload(PgGap gap) {
		}

		void other(PgGap gap) {
		}

	}

}
