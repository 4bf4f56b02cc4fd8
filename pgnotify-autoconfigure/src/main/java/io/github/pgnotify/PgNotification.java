package io.github.pgnotify;

import org.jspecify.annotations.Nullable;

/**
 * A notification as it arrived.
 *
 * @param channel the channel it was sent to
 * @param payload what was sent; {@code null} if nothing was. To listeners, the payload
 * proper: of a stored message its data, of an enveloped one what the envelope holds
 * @param senderPid process id of the sender's server process, as {@code pg_backend_pid()}
 * returns it there
 * @since 0.1.0
 */
public record PgNotification(ChannelName channel, @Nullable String payload, int senderPid) {

	/**
	 * Says where from and how long, never the payload: this text may end in a log.
	 */
	@Override
	public String toString() {
		return "PgNotification[channel=" + this.channel + ", payload="
				+ ((this.payload != null) ? this.payload.length() + " characters" : "none") + ", senderPid="
				+ this.senderPid + "]";
	}

}
