package io.github.pgnotify.listener;

import java.util.Map;

import io.github.pgnotify.PgNotifyHeaders;

import org.springframework.messaging.support.GenericMessage;

/**
 * A message that does not show its payload where it is printed: Spring's exceptions print
 * the message they failed on, and no payload is to end in a log.
 */
final class ArrivedMessage extends GenericMessage<String> {

	private static final long serialVersionUID = 1L;

	ArrivedMessage(String payload, Map<String, Object> headers) {
		super(payload, headers);
	}

	@Override
	public String toString() {
		return "message on channel '" + getHeaders().get(PgNotifyHeaders.CHANNEL) + "' with " + getPayload().length()
				+ " characters";
	}

}
