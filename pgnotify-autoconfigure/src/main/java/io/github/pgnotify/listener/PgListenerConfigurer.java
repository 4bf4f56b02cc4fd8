package io.github.pgnotify.listener;

import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.PgListenerRegistry;

import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.validation.Validator;

/**
 * Implemented by beans that extend how {@link io.github.pgnotify.PgListener} methods are
 * called. Several are asked in their {@code @Order}.
 *
 * @since 0.1.0
 */
public interface PgListenerConfigurer {

	/**
	 * Changes how text becomes a payload.
	 * @param converters the converters, tried in this order; add in front what is to go
	 * before the default ones
	 */
	default void configureMessageConverters(List<MessageConverter> converters) {
	}

	/**
	 * Adds arguments that listener methods may take.
	 * @param resolvers asked before a parameter is taken for the payload
	 */
	default void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
	}

	/**
	 * Validates payloads marked {@code @Valid} or {@code @Validated}.
	 * @return the validator; {@code null}, the default, for the application's own if it
	 * has one
	 */
	default @Nullable Validator getValidator() {
		return null;
	}

	/**
	 * Adds listeners without an annotation. Called before the container starts.
	 * @param registry where to subscribe them
	 */
	default void registerListeners(PgListenerRegistry registry) {
	}

}
