package io.github.pgnotify.listener;

import java.util.Objects;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyHeaders;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/**
 * Gives a parameter of type {@link PgNotification} what arrived, and no other parameter.
 */
final class NotificationResolver implements HandlerMethodArgumentResolver {

	@Override
	public boolean supportsParameter(MethodParameter parameter) {
		return parameter.getParameterType() == PgNotification.class;
	}

	@Override
	public Object resolveArgument(MethodParameter parameter, Message<?> message) {
		String payload = (String) message.getPayload();
		String channel = message.getHeaders().get(PgNotifyHeaders.CHANNEL, String.class);
		Integer senderPid = message.getHeaders().get(PgNotifyHeaders.SENDER_PID, Integer.class);
		return new PgNotification(new ChannelName(Objects.requireNonNull(channel)), payload.isEmpty() ? null : payload,
				Objects.requireNonNull(senderPid));
	}

}
