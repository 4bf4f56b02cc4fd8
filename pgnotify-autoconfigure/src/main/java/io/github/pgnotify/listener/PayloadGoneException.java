package io.github.pgnotify.listener;

import java.time.Instant;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgNotifyException;

/**
 * What a notification refers to is not there any more: for its listeners, a gap.
 */
final class PayloadGoneException extends PgNotifyException {

	private static final long serialVersionUID = 1L;

	PayloadGoneException(String message) {
		super(message);
	}

	PgGap gap() {
		Instant now = Instant.now();
		return new PgGap(PgGap.Cause.PAYLOAD_GONE, now, now, 1L);
	}

}
