package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.connection.PromptSocketFactory;
import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;

import static org.assertj.core.api.Assertions.assertThat;

class PgNotifyRuntimeHintsTests {

	private final RuntimeHints hints = new RuntimeHints();

	PgNotifyRuntimeHintsTests() {
		new PgNotifyRuntimeHints().registerHints(this.hints, getClass().getClassLoader());
	}

	@Test
	void scriptsOfTheSchemaAreKept() {
		assertThat(RuntimeHintsPredicates.resource().forResource("db/pgnotify/V1__message.sql")).accepts(this.hints);
	}

	@Test
	void socketFactoryCanBeMadeByItsName() throws Exception {
		assertThat(
				RuntimeHintsPredicates.reflection().onConstructorInvocation(PromptSocketFactory.class.getConstructor()))
			.accepts(this.hints);
	}

}
