package io.github.pgnotify.gateway;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * A channel that clients may be allowed to hear.
 *
 * @param name its name, or the beginning of names followed by {@code *}
 * @param kind where what is sent comes from
 * @param access who may hear it, unless a {@link PgGatewayAuthorizer} decides
 * @param publish whether clients may send to it
 * @param clientField path in the JSON payload, with dots, of the value that has to equal
 * the client's id; {@code null} for no such filter
 * @param clientHeader header whose value has to equal the client's id; {@code null} for
 * no such filter
 * @since 0.1.0
 */
public record PgGatewayChannel(String name, Kind kind, Access access, boolean publish, @Nullable String clientField,
		@Nullable String clientHeader) {

	private static final String WILDCARD = "*";

	public PgGatewayChannel {
		Assert.isTrue(StringUtils.hasText(name), "A channel of the gateway needs a name");
		Assert.isTrue(!name.startsWith(ChannelName.RESERVED_PREFIX),
				() -> "Channel '" + name + "' of the gateway is reserved");
		Assert.isTrue(clientField == null || clientHeader == null,
				() -> "Channel '" + name + "' of the gateway has both a client field and a client header; choose one");
		if (!name.endsWith(WILDCARD)) {
			ChannelName.of(name);
		}
	}

	/**
	 * Creates a channel of live notifications that everybody may hear.
	 * @param name its name
	 * @return the channel
	 */
	public static PgGatewayChannel open(String name) {
		return new PgGatewayChannel(name, Kind.LIVE, Access.PUBLIC, false, null, null);
	}

	/**
	 * Whether this stands for all channels that begin alike.
	 * @return {@code true} if the name ends with {@code *}
	 */
	public boolean isPattern() {
		return this.name.endsWith(WILDCARD);
	}

	/**
	 * Whether only messages for a client's own id are sent to it.
	 * @return {@code true} if a field or a header is configured
	 */
	public boolean isFiltered() {
		return this.clientField != null || this.clientHeader != null;
	}

	boolean matches(String channel) {
		return isPattern() ? channel.startsWith(this.name.substring(0, this.name.length() - 1))
				: channel.equals(this.name);
	}

	/**
	 * Where what is sent comes from.
	 */
	public enum Kind {

		/** Notifications. What a client misses is gone; that it missed it is said. */
		LIVE,

		/** Stored messages. A client that comes back is sent what it missed. */
		STORED

	}

	/**
	 * Who may hear a channel.
	 */
	public enum Access {

		/** Who has logged in. */
		AUTHENTICATED,

		/** Everybody. */
		PUBLIC

	}

}
