package io.github.pgnotify.sample.orders;

import java.time.Instant;

import io.github.pgnotify.sample.Shown;

/**
 * A group has given a message up: it is a dead letter now.
 *
 * @param time when
 * @param channel the message's channel
 * @param group the group
 * @param messageId number of the message
 * @param reason why
 */
record Burial(Instant time, String channel, String group, long messageId, String reason) implements Shown {

	@Override
	public String event() {
		return "burial";
	}

}
