package io.github.pgnotify;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgnotify.MessageStore.Moment;
import io.github.pgnotify.MessageStore.NewMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.MessageHeaders;

/**
 * A message to be stored, and how. Immutable; every method returns a new one. What cannot
 * be stored is refused here with an {@link InvalidMessageException}. <pre class="code">
 * template.enqueue(OutgoingMessage.of("orders", order)
 *   .key(order.customer())
 *   .delay(Duration.ofMinutes(5))
 *   .deduplicationId(order.id()));
 * </pre>
 *
 * @since 0.1.0
 * @see PgNotifyOperations#enqueue(OutgoingMessage)
 * @see PgNotifyOperations#enqueueAll(java.util.Collection)
 */
public final class OutgoingMessage {

	private static final int MAX_ID_BYTES = 255;

	private static final Duration MAX_DURATION = Duration.ofDays(36_500);

	private static final Instant MIN_INSTANT = Instant.parse("0001-01-01T00:00:00Z");

	private static final Instant MAX_INSTANT = Instant.parse("9999-12-31T23:59:59.999999999Z");

	private final ChannelName channel;

	private final @Nullable Object payload;

	private final MessageOptions options;

	private OutgoingMessage(ChannelName channel, @Nullable Object payload, MessageOptions options) {
		this.channel = channel;
		this.payload = payload;
		this.options = options;
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
		return new OutgoingMessage(ChannelName.of(channel), payload, MessageOptions.DEFAULT);
	}

	/**
	 * Has the message announced to live listeners when the transaction commits. It costs
	 * a notification inside the writing transaction.
	 * @return the message, announced
	 */
	public OutgoingMessage announce() {
		return with(this.options.withAnnounce(true));
	}

	/**
	 * Keeps the message from live listeners, whatever the configured default is.
	 * @return the message, silent
	 */
	public OutgoingMessage silent() {
		return with(this.options.withAnnounce(false));
	}

	/**
	 * Keeps the message in order with others: in each group, messages of one channel and
	 * key are handled one after the other, in order of their ids. One that waits, for its
	 * delay or for another attempt, holds back the later ones of its key until it is done
	 * or dead-lettered. Messages of overlapping transactions are ordered as far as they
	 * are committed.
	 * @param key 1 to 255 bytes in UTF-8
	 * @return the message with that key
	 * @throws InvalidMessageException if the key is too long, empty, or has a character
	 * that PostgreSQL cannot hold
	 */
	public OutgoingMessage key(String key) {
		return with(this.options.withKey(checkedId("key", key)));
	}

	/**
	 * Adds a header, or replaces the one of that name.
	 * @param name name of the header
	 * @param value anything JSON can be made of
	 * @return the message with that header
	 * @throws InvalidMessageException if the name or the text has a character that
	 * PostgreSQL cannot hold
	 */
	public OutgoingMessage header(String name, Object value) {
		return headers(Map.of(name, value));
	}

	/**
	 * Adds headers, or replaces those of the same names. The rest stays. Of a Spring
	 * {@code MessageHeaders}, what Spring puts on every message is left out.
	 * @param headers the headers; the values are anything JSON can be made of, and not to
	 * be changed until the message is stored
	 * @return the message with these headers
	 * @throws InvalidMessageException if a name or a text has a character that PostgreSQL
	 * cannot hold, or a value is null
	 */
	public OutgoingMessage headers(Map<String, ?> headers) {
		Map<String, Object> all = new LinkedHashMap<>(this.options.headers());
		Map<String, ?> added = (headers instanceof MessageHeaders spring) ? OutgoingPayloads.sentHeaders(spring)
				: headers;
		added.forEach((name, value) -> {
			requireStorable("A header's name", name);
			if (value == null) {
				throw new InvalidMessageException(
						"Header '" + name + "' of a message for channel '" + this.channel + "' is null. Leave it out");
			}
			if (value instanceof CharSequence text) {
				requireStorable("Header '" + name + "'", text.toString());
			}
			all.put(name, value);
		});
		return with(this.options.withHeaders(Collections.unmodifiableMap(all)));
	}

	/**
	 * Has the message handled before those of lower priority that wait too, and after
	 * those of higher. Without effect on a message with a {@link #key(String) key}.
	 * @param priority -32,768 to 32,767; 0 is the default
	 * @return the message with that priority
	 * @throws InvalidMessageException if the number is out of this range
	 */
	public OutgoingMessage priority(int priority) {
		if (priority != (short) priority) {
			throw new InvalidMessageException("Priority " + priority + " of a message for channel '" + this.channel
					+ "' is not between " + Short.MIN_VALUE + " and " + Short.MAX_VALUE);
		}
		return with(this.options.withPriority((short) priority));
	}

	/**
	 * Has groups handle the message later, counted on the database's clock from when it
	 * is stored. Replaces an {@link #availableAt(Instant) instant}. An announcement to
	 * live listeners is not delayed.
	 * @param delay how long, to the microsecond; at most 36,500 days
	 * @return the message with that delay
	 * @throws InvalidMessageException if the delay is negative or too long
	 */
	public OutgoingMessage delay(Duration delay) {
		if (delay.isNegative()) {
			throw new InvalidMessageException("Delay of a message for channel '" + this.channel + "' is negative");
		}
		return with(this.options.withAvailableAt(fromNow("Delay", delay)));
	}

	/**
	 * Has groups not handle the message before an instant of the database's clock; one
	 * that is past is at once. Replaces a {@link #delay(Duration) delay}.
	 * @param availableAt when, to the microsecond, of the years 1 to 9999
	 * @return the message with that time
	 * @throws InvalidMessageException if the instant is out of this range
	 */
	public OutgoingMessage availableAt(Instant availableAt) {
		return with(this.options.withAvailableAt(at("available at", availableAt)));
	}

	/**
	 * Has groups not begin with the message after some time, counted on the database's
	 * clock from when it is stored, but dead-letter it. Replaces an
	 * {@link #expiresAt(Instant) instant}.
	 * @param expiresAfter how long, to the microsecond; at most 36,500 days
	 * @return the message with that expiry
	 * @throws InvalidMessageException if the time is zero, negative or too long
	 */
	public OutgoingMessage expiresAfter(Duration expiresAfter) {
		if (expiresAfter.isNegative() || expiresAfter.isZero()) {
			throw new InvalidMessageException("Expiry of a message for channel '" + this.channel
					+ "' is not after it is stored: the time is zero or negative");
		}
		return with(this.options.withExpiresAt(fromNow("Expiry", expiresAfter)));
	}

	/**
	 * Has groups not begin with the message from an instant of the database's clock on,
	 * but dead-letter it. Replaces a {@link #expiresAfter(Duration) duration}.
	 * @param expiresAt when, to the microsecond, of the years 1 to 9999
	 * @return the message with that expiry
	 * @throws InvalidMessageException if the instant is out of this range
	 */
	public OutgoingMessage expiresAt(Instant expiresAt) {
		return with(this.options.withExpiresAt(at("expiring at", expiresAt)));
	}

	/**
	 * Stores the message only if its channel keeps none with the same id; otherwise the
	 * one that is there is returned, whatever its payload, and marked as
	 * {@link StoredMessage#duplicate() duplicate}. So a program that does not know
	 * whether its commit succeeded can simply do it again.
	 * <p>
	 * Where another transaction has stored the same id and is still open, this one waits
	 * for its end. An id is free again once its message was deleted, by retention or
	 * because it was {@link PgNotifyOperations#cancel(long) cancelled}. Two transactions
	 * that store several ids each, in different order, may deadlock, and at isolation
	 * level {@code REPEATABLE READ} or above a duplicate that is newer than the
	 * transaction cannot be seen: then one of them fails with a
	 * {@code PessimisticLockingFailureException} and is to be tried again.
	 * @param deduplicationId 1 to 255 bytes in UTF-8
	 * @return the message with that id
	 * @throws InvalidMessageException if the id is too long, empty, or has a character
	 * that PostgreSQL cannot hold
	 */
	public OutgoingMessage deduplicationId(String deduplicationId) {
		return with(this.options.withDeduplicationId(checkedId("deduplication id", deduplicationId)));
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
		Boolean announce = this.options.announce();
		return (announce != null) ? announce : byDefault;
	}

	Map<String, Object> headers() {
		return this.options.headers();
	}

	/**
	 * The message with its payload and headers converted.
	 */
	NewMessage converted(@Nullable String data, @Nullable String headers, boolean announceByDefault) {
		boolean announce = announced(announceByDefault);
		if (this.options == MessageOptions.DEFAULT) {
			return new NewMessage(this.channel, data, announce);
		}
		return new NewMessage(this.channel, data, announce, this.options.key(), headers, this.options.priority(),
				this.options.availableAt(), this.options.expiresAt(), this.options.deduplicationId());
	}

	private OutgoingMessage with(MessageOptions options) {
		return new OutgoingMessage(this.channel, this.payload, options);
	}

	private String checkedId(String what, String id) {
		requireStorable("The " + what, id);
		int length = Texts.utf8Length(id);
		if (length == 0 || length > MAX_ID_BYTES) {
			throw new InvalidMessageException("The " + what + " of a message for channel '" + this.channel + "' has "
					+ length + " bytes, allowed are 1 to " + MAX_ID_BYTES);
		}
		return id;
	}

	private void requireStorable(String what, String text) {
		int position = Texts.indexOfUnstorable(text);
		if (position >= 0) {
			throw new InvalidMessageException(what + " of a message for channel '" + this.channel + "' has "
					+ Texts.describe(text, position) + " at position " + position + ", which PostgreSQL cannot hold");
		}
	}

	private Moment fromNow(String what, Duration duration) {
		if (duration.compareTo(MAX_DURATION) > 0) {
			throw new InvalidMessageException(what + " of a message for channel '" + this.channel + "' is longer than "
					+ MAX_DURATION.toDays() + " days");
		}
		return new Moment(null, duration);
	}

	private Moment at(String what, Instant instant) {
		if (instant.isBefore(MIN_INSTANT) || instant.isAfter(MAX_INSTANT)) {
			throw new InvalidMessageException("A message for channel '" + this.channel + "' is " + what + " " + instant
					+ ", which is not in the years 1 to 9999");
		}
		return new Moment(instant, null);
	}

}
