package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.connection.PromptSocketFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * What a native image must keep: the scripts of the schema, and the socket factory that
 * the driver makes by its name. Listener methods, their payloads and the methods that are
 * told of gaps are kept by what is on the annotation.
 */
final class PgNotifyRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.resources().registerPattern("db/pgnotify/*.sql");
		hints.reflection().registerType(PromptSocketFactory.class, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS);
	}

}
