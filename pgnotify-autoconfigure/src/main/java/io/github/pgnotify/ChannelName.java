package io.github.pgnotify;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * Name of a PostgreSQL notification channel: 1 to 63 bytes, any character but NUL, case
 * kept.
 * <p>
 * {@code LISTEN} silently cuts a longer name while {@code pg_notify} refuses it, and an
 * unquoted name is folded to lower case; a {@code ChannelName} is neither cut nor folded,
 * so both sides always mean the same channel. The constructor refuses anything else with
 * an {@link InvalidChannelNameException} and takes reserved names too; applications use
 * {@link #of}. Bytes are counted in UTF-8, which no server encoding in common use
 * exceeds.
 *
 * @param value the name as written in {@code pg_notify(channel, payload)}
 * @since 0.1.0
 * @see <a href="https://www.postgresql.org/docs/current/sql-listen.html">LISTEN</a>
 */
public record ChannelName(String value) implements Comparable<ChannelName> {

	/**
	 * Longest name in bytes: PostgreSQL's {@code NAMEDATALEN} less one.
	 */
	public static final int MAX_BYTES = 63;

	/**
	 * Beginning of the names that pgnotify uses itself and applications may not.
	 */
	public static final String RESERVED_PREFIX = "pgnotify.";

	public ChannelName {
		checkSyntax(value);
	}

	/**
	 * Creates the name of an application's channel.
	 * @param value the name
	 * @return the channel name
	 * @throws InvalidChannelNameException if the name is null, empty, too long, reserved,
	 * or has a character that PostgreSQL cannot hold
	 */
	public static ChannelName of(@Nullable String value) {
		if (value == null) {
			throw new InvalidChannelNameException("Channel name is null");
		}
		if (value.startsWith(RESERVED_PREFIX)) {
			throw new InvalidChannelNameException("Channel name '" + value + "' is reserved: names beginning with '"
					+ RESERVED_PREFIX + "' are pgnotify's own. Choose another name");
		}
		return new ChannelName(value);
	}

	/**
	 * Whether this is one of pgnotify's own channels.
	 * @return {@code true} if the name begins with {@link #RESERVED_PREFIX}
	 */
	public boolean isReserved() {
		return this.value.startsWith(RESERVED_PREFIX);
	}

	/**
	 * The name as a quoted SQL identifier, safe in {@code LISTEN} and {@code UNLISTEN}.
	 * @return the identifier in double quotes
	 */
	public String quoted() {
		return SqlIdentifier.quote(this.value);
	}

	@Override
	public int compareTo(ChannelName other) {
		return this.value.compareTo(other.value);
	}

	@Override
	public String toString() {
		return this.value;
	}

	private static void checkSyntax(@Nullable String value) {
		if (value == null) {
			throw new InvalidChannelNameException("Channel name is null");
		}
		if (value.isEmpty()) {
			throw new InvalidChannelNameException("Channel name is empty");
		}
		int position = Texts.indexOfUnstorable(value);
		if (position >= 0) {
			throw new InvalidChannelNameException("Channel name has " + Texts.describe(value, position)
					+ " at position " + position + ", which PostgreSQL cannot hold");
		}
		int length = value.getBytes(StandardCharsets.UTF_8).length;
		if (length > MAX_BYTES) {
			int excess = length - MAX_BYTES;
			throw new InvalidChannelNameException(
					"Channel name '" + value + "' has " + length + " bytes, PostgreSQL allows " + MAX_BYTES
							+ ". Shorten it by " + excess + ((excess == 1) ? " byte" : " bytes"));
		}
	}

}
