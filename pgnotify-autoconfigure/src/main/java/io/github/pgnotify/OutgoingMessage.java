package io.github.pgnotify;

import org.jspecify.annotations.Nullable;

/**
 * A message to be stored, and how. Immutable; every method returns a new one.
 * <pre class="code">
 * template.enqueue(OutgoingMessage.of("orders", order).announce());
 * </pre>
 *
 * @since 0.1.0
 * @see PgNotifyOperations#enqueue(OutgoingMessage)
 */
public final class OutgoingMessage {

	private final ChannelName channel;

	private final @Nullable Object payload;

	private final @Nullable Boolean announce;

	private OutgoingMessage(ChannelName channel, @Nullable Object payload, @Nullable Boolean announce) {
		this.channel = channel;
		this.payload = payload;
		this.announce = announce;
	}

	/**
	 * Creates a message with the configured defaults.
	 * @param channel name of the channel
	 * @param payload anything JSON can be made of; a {@code String} is stored as a JSON
	 * string; {@code null} stores no data
	 * @return the message
	 * @throws InvalidChannelNameException if there can be no such channel
	 */
	public static OutgoingMessage of(String channel, @Nullable Object payload) {
		return new OutgoingMessage(ChannelName.of(channel), payload, null);
	}

	/**
	 * Has the message announced to live listeners when the transaction commits. It costs
	 * a notification inside the writing transaction.
	 * @return the message, announced
	 */
	public OutgoingMessage announce() {
		return new OutgoingMessage(this.channel, this.payload, true);
	}

	/**
	 * Keeps the message from live listeners, whatever the configured default is.
	 * @return the message, silent
	 */
	public OutgoingMessage silent() {
		return new OutgoingMessage(this.channel, this.payload, false);
	}

	/**
	 * Where it goes.
	 * @return the channel
	 */
	public ChannelName channel() {
		return this.channel;
	}

	/**
	 * What is stored.
	 * @return the payload, not converted yet
	 */
	public @Nullable Object payload() {
		return this.payload;
	}

	/**
	 * Whether live listeners are to hear of it.
	 * @param byDefault the answer if neither {@link #announce()} nor {@link #silent()}
	 * was called
	 * @return {@code true} to announce it
	 */
	public boolean announced(boolean byDefault) {
		return (this.announce != null) ? this.announce : byDefault;
	}

}
