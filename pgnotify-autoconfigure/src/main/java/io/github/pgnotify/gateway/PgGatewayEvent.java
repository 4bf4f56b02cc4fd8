package io.github.pgnotify.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Something happened at the gateway. Published as an application event, on a thread of
 * its own and in order.
 *
 * @since 0.1.0
 */
public sealed interface PgGatewayEvent {

	/**
	 * A client is connected.
	 *
	 * @param connection the client
	 */
	record Connected(PgGatewayConnection connection) implements PgGatewayEvent {

	}

	/**
	 * A client is no longer connected.
	 *
	 * @param connection the client
	 * @param code why
	 * @param reason why, in a few words
	 */
	record Disconnected(PgGatewayConnection connection, PgGatewayCloseCode code,
			String reason) implements PgGatewayEvent {

	}

	/**
	 * A request was refused, or something that a client wanted.
	 *
	 * @param remoteAddress where it came from
	 * @param user name of the principal; {@code null} if it has not logged in
	 * @param reason why, in a few words
	 */
	record Refused(String remoteAddress, @Nullable String user, String reason) implements PgGatewayEvent {

	}

}
