package io.github.pgnotify.listener;

import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.support.MessageMethodArgumentResolver;
import org.springframework.messaging.handler.annotation.support.PayloadMethodArgumentResolver;
import org.springframework.validation.Validator;

/**
 * Argument resolvers to which a payload is empty if it has no characters, where Spring's
 * take white space for nothing.
 */
final class EmptyPayload {

	private EmptyPayload() {
	}

	private static boolean isEmpty(@Nullable Object payload) {
		return payload == null || "".equals(payload);
	}

	/**
	 * Gives an empty payload as {@code null}, unless {@code @Payload} was written and
	 * requires one.
	 */
	static final class AsNullResolver extends PayloadMethodArgumentResolver {

		AsNullResolver(MessageConverter converter, @Nullable Validator validator) {
			super(converter, validator);
		}

		@Override
		public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) throws Exception {
			boolean plain = !parameter.hasParameterAnnotation(Payload.class)
					&& parameter.getParameterType() != Optional.class && !parameter.getParameterType().isPrimitive();
			return (plain && isEmpty(message.getPayload())) ? null : super.resolveArgument(parameter, message);
		}

		@Override
		protected boolean isEmptyPayload(@Nullable Object payload) {
			return isEmpty(payload);
		}

	}

	/**
	 * Gives a whole message.
	 */
	static final class InMessageResolver extends MessageMethodArgumentResolver {

		InMessageResolver(MessageConverter converter) {
			super(converter);
		}

		@Override
		protected boolean isEmptyPayload(@Nullable Object payload) {
			return isEmpty(payload);
		}

	}

}
